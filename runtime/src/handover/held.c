/* SPDX-License-Identifier: MIT */
/* See held.h. A handler that the program installs meanwhile takes the place of ours, and stays. */
#include "handover/held.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const int meant_for_service[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};

#define COUNT (sizeof(meant_for_service) / sizeof(meant_for_service[0]))

static struct {
        pid_t holder; /* 0: none are held */
        pid_t keeper;
        int call_back; /* beside those above; 0: none */
} held;
static volatile sig_atomic_t came[COUNT];

static bool is_from_keeper(const siginfo_t *info)
{
        return info->si_code == SI_USER && info->si_pid == held.keeper;
}

static void hold(int number, siginfo_t *info, void *context)
{
        int saved = errno;

        (void)context;
        if (getpid() != held.holder) { /* a child of it, which may share memory with it */
                signal(number, SIG_DFL);
                kill(getpid(), number);
                errno = saved;
                return;
        }
        for (size_t i = 0; i < COUNT; i++)
                if (meant_for_service[i] == number && !is_from_keeper(info))
                        came[i] = 1;
        errno = saved;
}

bool ek_is_held(int number)
{
        struct sigaction now;

        return sigaction(number, NULL, &now) == 0 && now.sa_sigaction == hold;
}

static void hold_from_now_on(int number)
{
        struct sigaction action = {.sa_sigaction = hold,
                                   .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
        struct sigaction before;

        sigemptyset(&action.sa_mask);
        if (sigaction(number, NULL, &before) == 0 && before.sa_handler == SIG_DFL)
                sigaction(number, &action, NULL);
}

/* What is blocked for the program's own reasons would come to it later. */
static void drop_call_back(void)
{
        static const struct timespec at_once;
        bool is_others = false;
        siginfo_t info;
        sigset_t set;

        sigemptyset(&set);
        sigaddset(&set, held.call_back);
        while (sigtimedwait(&set, &info, &at_once) > 0)
                is_others = is_others || !is_from_keeper(&info);
        if (is_others)
                kill(held.holder, held.call_back);
}

void ek_held_begin(int update_signal, int call_back, pid_t keeper)
{
        held.holder = getpid();
        held.keeper = keeper;
        held.call_back = call_back != update_signal ? call_back : 0;
        for (size_t i = 0; i < COUNT; i++)
                if (meant_for_service[i] != update_signal)
                        hold_from_now_on(meant_for_service[i]);
        if (held.call_back == 0)
                return;
        drop_call_back();
        hold_from_now_on(held.call_back); /* one more may be on its way */
}

/* To this thread, which has them blocked: another one that has not would take them. */
void ek_held_pass_on(void)
{
        if (getpid() != held.holder)
                return;
        for (size_t i = 0; i < COUNT; i++)
                if (came[i])
                        (void)syscall(SYS_tgkill, held.holder, gettid(), meant_for_service[i]);
}

static void let_go(int number)
{
        if (number != 0 && ek_is_held(number))
                signal(number, SIG_DFL);
}

void ek_held_end(void)
{
        if (getpid() != held.holder)
                return;
        for (size_t i = 0; i < COUNT; i++)
                let_go(meant_for_service[i]);
        let_go(held.call_back);
        for (size_t i = 0; i < COUNT; i++)
                if (came[i])
                        kill(held.holder, meant_for_service[i]); /* whichever thread takes them */
        held.holder = 0;
}
