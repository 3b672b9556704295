/* SPDX-License-Identifier: MIT */
/* Signals that are held while a process whose PID is kept is between two versions: whose they are.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "handover/held.h"

static sem_t is_there;

static void *pause_for_ever(void *data)
{
        sem_post(&is_there);
        for (;;)
                pause();
        return data;
}

static bool is_pending(int number)
{
        sigset_t pending;

        return sigpending(&pending) == 0 && sigismember(&pending, number) == 1;
}

static void block_all(void)
{
        sigset_t all;

        sigfillset(&all);
        cr_assert_eq(pthread_sigmask(SIG_SETMASK, &all, NULL), 0);
}

Test(held, are_passed_on_to_the_thread_that_executes_another_binary, .timeout = 60)
{
        pthread_t other;

        ek_held_begin(0, 0, 0);
        sem_init(&is_there, 0, 0);
        cr_assert_eq(pthread_create(&other, NULL, pause_for_ever, NULL), 0);
        while (sem_wait(&is_there) < 0)
                ;
        cr_assert_eq(raise(SIGTERM), 0);
        block_all();
        ek_held_pass_on();
        cr_expect(is_pending(SIGTERM), "the other thread has taken it");
}

Test(held, come_again_for_the_process_when_it_serves, .timeout = 60)
{
        signal(SIGHUP, SIG_DFL); /* whoever started the test may ignore it */
        ek_held_begin(0, 0, 0);
        cr_assert_eq(raise(SIGHUP), 0);
        block_all();
        ek_held_end();
        cr_expect(is_pending(SIGHUP));
        cr_expect_not(is_pending(SIGTERM));
}

/* Its parent waits meanwhile, and both have the same memory. */
static __attribute__((noinline)) pid_t fork_one_that_is_ended(void)
{
        pid_t child = vfork();

        if (child == 0) {
                kill(getpid(), SIGTERM);
                _exit(1);
        }
        return child;
}

Test(held, for_a_child_that_shares_memory_are_none_of_the_parents, .timeout = 60)
{
        pid_t child;
        int status;

        ek_held_begin(0, 0, 0);
        child = fork_one_that_is_ended();
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "status %d", status);
        block_all();
        ek_held_end();
        cr_expect_not(is_pending(SIGTERM), "it was the child's");
}
