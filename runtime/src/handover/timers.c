/* SPDX-License-Identifier: MIT */
/* See timers.h. */
#include "handover/timers.h"

#include <signal.h>
#include <sys/time.h>

/* To ignore a signal discards what is pending of it. */
static void stop(__itimer_which_t timer, int number)
{
        static const struct itimerval off;
        static const struct sigaction ignore = {.sa_handler = SIG_IGN};
        struct sigaction before;

        setitimer(timer, &off, NULL);
        sigaction(number, &ignore, &before);
        sigaction(number, &before, NULL);
}

void ek_timers_stop(void)
{
        stop(ITIMER_REAL, SIGALRM);
        stop(ITIMER_VIRTUAL, SIGVTALRM);
        stop(ITIMER_PROF, SIGPROF);
}
