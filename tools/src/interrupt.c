/* SPDX-License-Identifier: MIT */
/* See interrupt.h. */
#include "interrupt.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

int interrupt_open(struct ekiden_error *error)
{
        static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
        sigset_t set;
        int fd;

        sigemptyset(&set);
        for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
                struct sigaction before;

                /* An ignored signal that is blocked would be queued: see signal(7). */
                if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
                        sigaddset(&set, signals[i]);
        }
        fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        if (fd < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "cannot watch for signals");
        sigprocmask(SIG_BLOCK, &set, NULL);
        return fd;
}

int interrupt_take(int interrupt)
{
        struct signalfd_siginfo information;
        ssize_t n = read(interrupt, &information, sizeof(information));

        return n == (ssize_t)sizeof(information) ? (int)information.ssi_signo : 0;
}
