/* SPDX-License-Identifier: MIT */
/* See held.h. A handler that the program installs meanwhile takes the place of ours, and stays. */
#include "handover/held.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

static const int meant_for_service[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};

#define COUNT (sizeof(meant_for_service) / sizeof(meant_for_service[0]))

static volatile sig_atomic_t came[COUNT];
static pid_t holder; /* 0: none are held */

static void hold(int number)
{
        int saved = errno;

        if (getpid() != holder) { /* a child that it has forked, which may share memory with it */
                signal(number, SIG_DFL);
                kill(getpid(), number);
                errno = saved;
                return;
        }
        for (size_t i = 0; i < COUNT; i++)
                if (meant_for_service[i] == number)
                        came[i] = 1;
        errno = saved;
}

bool ek_is_held(int number)
{
        struct sigaction now;

        return sigaction(number, NULL, &now) == 0 && now.sa_handler == hold;
}

void ek_held_begin(int update_signal)
{
        struct sigaction action = {.sa_handler = hold, .sa_flags = SA_ONSTACK | SA_RESTART};
        struct sigaction before;

        sigemptyset(&action.sa_mask);
        holder = getpid();
        for (size_t i = 0; i < COUNT; i++)
                if (meant_for_service[i] != update_signal &&
                    sigaction(meant_for_service[i], NULL, &before) == 0 &&
                    before.sa_handler == SIG_DFL)
                        sigaction(meant_for_service[i], &action, NULL);
}

/* To this thread, which has them blocked: another one that has not would take them. */
void ek_held_pass_on(void)
{
        if (getpid() != holder)
                return;
        for (size_t i = 0; i < COUNT; i++)
                if (came[i])
                        (void)syscall(SYS_tgkill, holder, gettid(), meant_for_service[i]);
}

void ek_held_end(void)
{
        if (getpid() != holder)
                return;
        for (size_t i = 0; i < COUNT; i++)
                if (ek_is_held(meant_for_service[i]))
                        signal(meant_for_service[i], SIG_DFL);
        for (size_t i = 0; i < COUNT; i++)
                if (came[i])
                        kill(holder, meant_for_service[i]); /* whichever thread takes them */
        holder = 0;
}
