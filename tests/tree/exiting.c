/* SPDX-License-Identifier: MIT */
/* What is told of a process that was killed: whether it still runs code, and how it ended. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "handover/exiting.h"

#define DEADLINE_S 20
#define NEVER_S 100

static int pidfd_of(pid_t pid)
{
        int pidfd = pidfd_open(pid, 0);

        cr_assert_geq(pidfd, 0);
        return pidfd;
}

static void await_end(pid_t pid)
{
        siginfo_t info;

        cr_assert_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

Test(exiting, is_a_process_that_has_ended_and_none_that_runs, .timeout = DEADLINE_S)
{
        pid_t pid = fork();
        int pidfd;

        cr_assert_geq(pid, 0);
        if (pid == 0) {
                sleep(NEVER_S);
                _exit(1);
        }
        pidfd = pidfd_of(pid);
        cr_expect_not(ek_process_is_exiting(pid, pidfd));
        cr_expect_eq(ek_process_wait_status(pid, pidfd), 0);
        kill(pid, SIGKILL);
        await_end(pid);
        cr_expect(ek_process_is_exiting(pid, pidfd));
        cr_expect(WIFSIGNALED(ek_process_wait_status(pid, pidfd)));
        cr_expect_eq(WTERMSIG(ek_process_wait_status(pid, pidfd)), SIGKILL);
        waitpid(pid, NULL, 0);
        cr_expect_not(ek_process_is_exiting(pid, pidfd), "its number may be another's");
        cr_expect_eq(ek_process_wait_status(pid, pidfd), 0);
        close(pidfd);
}

static int announced; /* the end of a pipe */

static void *outlive_main_thread(void *nothing)
{
        char path[64], state = 'R';

        snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)getpid());
        while (state != 'Z') {
                FILE *stat = fopen(path, "re");

                if (!stat || fscanf(stat, "%*d %*s %c", &state) != 1)
                        _exit(1);
                fclose(stat);
                usleep(1000);
        }
        (void)!write(announced, "", 1);
        sleep(NEVER_S);
        return nothing;
}

/* For the kernel the process is a zombie by then, as far as its own stat tells. */
Test(exiting, is_none_of_whose_threads_one_still_runs, .timeout = DEADLINE_S)
{
        int ends[2], pidfd;
        pid_t pid;
        char byte;

        cr_assert_eq(pipe(ends), 0);
        pid = fork();
        cr_assert_geq(pid, 0);
        if (pid == 0) {
                pthread_t thread;

                announced = ends[1];
                if (pthread_create(&thread, NULL, outlive_main_thread, NULL) != 0)
                        _exit(1);
                syscall(SYS_exit, 0); /* of this thread alone */
        }
        close(ends[1]);
        cr_assert_eq(read(ends[0], &byte, 1), 1);
        pidfd = pidfd_of(pid);
        cr_expect_not(ek_process_is_exiting(pid, pidfd));
        kill(pid, SIGKILL);
        await_end(pid);
        cr_expect(ek_process_is_exiting(pid, pidfd));
        waitpid(pid, NULL, 0);
        close(pidfd);
        close(ends[0]);
}

Test(exiting, is_none_that_is_not_known, .timeout = DEADLINE_S)
{
        int pidfd = pidfd_of(getpid());

        cr_expect_not(ek_process_is_exiting(0, pidfd));
        cr_expect_eq(ek_process_wait_status(0, pidfd), 0);
        close(pidfd);
}
