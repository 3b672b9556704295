/* SPDX-License-Identifier: MIT */
/* Processes, signals, timers, and libuv. */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "inject.h"

INJECT(ssize_t, getrandom, (void *data, size_t size, unsigned int flags), (data, size, flags), -1);
INJECT(int, chdir, (const char *path), (path), -1);
INJECT(int, close_range, (unsigned int first, unsigned int last, int flags), (first, last, flags),
       -1);
INJECT(int, dup2, (int fd, int number), (fd, number), -1);
INJECT(int, execve, (const char *path, char *const arguments[], char *const environment[]),
       (path, arguments, environment), -1);
INJECT(pid_t, fork, (void), (), -1);
INJECT(int, kill, (pid_t pid, int number), (pid, number), -1);
INJECT(int, pidfd_open, (pid_t pid, unsigned int flags), (pid, flags), -1);
INJECT(int, pidfd_send_signal, (int pidfd, int number, siginfo_t *info, unsigned int flags),
       (pidfd, number, info, flags), -1);
INJECT(int, poll, (struct pollfd * sources, nfds_t count, int timeout_ms),
       (sources, count, timeout_ms), -1);
INJECT(int, pthread_atfork, (void (*prepare)(void), void (*parent)(void), void (*child)(void)),
       (prepare, parent, child), inject_error());
INJECT(int, setpgid, (pid_t pid, pid_t group), (pid, group), -1);
INJECT(int, setrlimit64, (__rlimit_resource_t resource, const struct rlimit *limit),
       (resource, limit), -1);
INJECT(int, setitimer,
       (enum __itimer_which which, const struct itimerval *value, struct itimerval *before),
       (which, value, before), -1);
INJECT(int, signalfd, (int fd, const sigset_t *mask, int flags), (fd, mask, flags), -1);
INJECT(int, timer_create, (clockid_t clock, struct sigevent *event, timer_t *timer),
       (clock, event, timer), -1);
INJECT(int, timerfd_create, (clockid_t clock, int flags), (clock, flags), -1);
INJECT(int, waitid, (idtype_t type, id_t id, siginfo_t *info, int options),
       (type, id, info, options), -1);
INJECT(pid_t, waitpid, (pid_t pid, int *status, int options), (pid, status, options), -1);

INJECT(int, uv_loop_close, (uv_loop_t * loop), (loop), -inject_error());
INJECT(int, uv_loop_fork, (uv_loop_t * loop), (loop), -inject_error());
INJECT(int, uv_loop_init, (uv_loop_t * loop), (loop), -inject_error());
INJECT(int, uv_poll_init, (uv_loop_t * loop, uv_poll_t *handle, int fd), (loop, handle, fd),
       -inject_error());
INJECT(int, uv_poll_start, (uv_poll_t * handle, int events, uv_poll_cb callback),
       (handle, events, callback), -inject_error());
INJECT(int, uv_run, (uv_loop_t * loop, uv_run_mode mode), (loop, mode), 0);

#define VARIABLES_MAX 256

/* The child's successor is known by a variable, from its first call on. */
static char *const *mark_child(char *const environment[], char *ret_marked[VARIABLES_MAX])
{
        static char variable[] = PLAN_CHILD_VARIABLE "=1";
        enum plan_role role;
        size_t count = 0;

        if (!inject_plan(&role) || role != ROLE_CHILD)
                return environment;
        for (; environment[count] && count < VARIABLES_MAX - 2; count++)
                ret_marked[count] = environment[count];
        ret_marked[count] = variable;
        ret_marked[count + 1] = NULL;
        return ret_marked;
}

INJECT_REAL(int, posix_spawn,
            (pid_t * pid, const char *path, const posix_spawn_file_actions_t *actions,
             const posix_spawnattr_t *attributes, char *const arguments[],
             char *const environment[]))
{
        char *marked[VARIABLES_MAX];

        if (inject_at(CALL_posix_spawn))
                return inject_error();
        return __real_posix_spawn(pid, path, actions, attributes, arguments,
                                  mark_child(environment, marked));
}

_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

_Noreturn void __wrap__exit(int status)
{
        (void)inject_at(CALL__exit);
        __real__exit(status);
}

INJECT_REAL(int, prctl, (int option, ...))
{
        va_list arguments;
        unsigned long argument;

        va_start(arguments, option);
        argument = va_arg(arguments, unsigned long);
        va_end(arguments);
        return inject_at(CALL_prctl) ? -1 : __real_prctl(option, argument);
}

INJECT_REAL(long, syscall, (long number, ...))
{
        va_list arguments;
        long a, b, c;

        va_start(arguments, number);
        a = va_arg(arguments, long);
        b = va_arg(arguments, long);
        c = va_arg(arguments, long);
        va_end(arguments);
        return inject_at(CALL_syscall) ? -1 : __real_syscall(number, a, b, c);
}

INJECT(int, eventfd, (unsigned int count, int flags), (count, flags), -1);
INJECT(int, eventfd_read, (int fd, eventfd_t *ret_value), (fd, ret_value), -1);
INJECT(int, eventfd_write, (int fd, eventfd_t value), (fd, value), -1);
INJECT(int, pthread_key_create, (pthread_key_t * ret_key, void (*destroy)(void *)),
       (ret_key, destroy), inject_error());
INJECT(int, pthread_setspecific, (pthread_key_t key, const void *value), (key, value),
       inject_error());
INJECT(int, pthread_sigqueue, (pthread_t thread, int number, const union sigval value),
       (thread, number, value), inject_error());
