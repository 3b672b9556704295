/* SPDX-License-Identifier: MIT */
/* See signals.h. The signal that asks for an upgrade is the library's, and is not blocked. */
#include "signals.h"

#include <signal.h>
#include <stddef.h>
#include <time.h>

/* SIGCHLD: a worker has ended. SIGHUP: the master has (PR_SET_PDEATHSIG). Both only wake. */
static const int ours[] = {SIGCHLD, SIGHUP, SIGINT, SIGTERM};

static volatile sig_atomic_t end;
static sigset_t none; /* is blocked while it waits */

static void on_signal(int number)
{
        if (number == SIGTERM || number == SIGINT)
                end = 1;
}

void signals_begin(void)
{
        const struct sigaction action = {.sa_handler = on_signal};
        sigset_t blocked;

        sigemptyset(&none);
        sigemptyset(&blocked);
        for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
                sigaddset(&blocked, ours[i]);
                sigaction(ours[i], &action, NULL);
        }
        sigprocmask(SIG_BLOCK, &blocked, NULL);
}

bool signals_wait(struct pollfd *sources, nfds_t count, int timeout_ms)
{
        const struct timespec timeout = {.tv_sec = timeout_ms / 1000,
                                         .tv_nsec = timeout_ms % 1000 * 1000000L};

        return ppoll(sources, count, timeout_ms < 0 ? NULL : &timeout, &none) > 0;
}

bool signals_say_end(void)
{
        return end;
}
