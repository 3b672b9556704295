/* SPDX-License-Identifier: MIT */
/* See spawn.h. */
#include "handover/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "handover/capabilities.h"
#include "handover/exiting.h"
#include "handover/linger.h"
#include "handover/public_pid.h"
#include "handover/way_back.h"
#include "wire/cleanup.h"
#include "wire/clock.h"
#include "wire/own.h"

#define LARGE_MS 50 /* for the end of a large one, where it cannot be seen coming */

/* argv for the successor: pointers into what exists already, so only the array is allocated. */
static char **make_arguments(const struct ek_origin *origin, const char *path,
                             char *const arguments[])
{
        char *const *rest = ek_origin_arguments(origin, arguments);
        size_t count = 0;
        char **made;

        while (rest[count])
                count++;
        made = calloc(count + 2, sizeof(*made));
        if (!made)
                return NULL;
        made[0] = (char *)(uintptr_t)path;
        memcpy(made + 1, rest, count * sizeof(*made));
        return made;
}

/* `variable` is borrowed, and not of the origin. */
static char **make_environment(const struct ek_origin *origin, char *variable)
{
        size_t count = 0;
        char **made;

        while (origin->environment[count])
                count++;
        made = calloc(count + 2, sizeof(*made));
        if (!made)
                return NULL;
        memcpy(made, origin->environment, count * sizeof(*made));
        made[count] = variable;
        return made;
}

/* The order matters: both are above the numbers that they go to, so neither overwrites the other.
 */
static int prepare_actions(posix_spawn_file_actions_t *actions, const struct ek_origin *origin,
                           int binary, int socket, int last)
{
        int r = posix_spawn_file_actions_adddup2(actions, socket, EK_HANDOVER_SOCKET);

        /* What was not open at the start has become something else here, a listener say, since. */
        for (int fd = STDIN_FILENO; r == 0 && fd <= STDERR_FILENO; fd++)
                if (!origin->has_standard[fd])
                        r = posix_spawn_file_actions_addopen(actions, fd, "/dev/null", O_RDWR, 0);
        if (r == 0)
                r = posix_spawn_file_actions_adddup2(actions, binary, EK_HANDOVER_BINARY);
        for (int fd = EK_HANDOVER_BINARY + 1; r == 0 && fd <= last; fd++)
                r = posix_spawn_file_actions_adddup2(actions, socket, fd);
        if (r == 0)
                r = posix_spawn_file_actions_addclosefrom_np(actions, last + 1);
        if (r == 0)
                r = posix_spawn_file_actions_addchdir_np(actions, origin->directory);
        return r;
}

static int prepare_attributes(posix_spawnattr_t *attributes, const struct ek_origin *origin)
{
        int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
        int r = posix_spawnattr_setsigmask(attributes, &origin->blocked);

        if (origin->begins_session)
                flags |= POSIX_SPAWN_SETSID;
        if (r == 0)
                r = posix_spawnattr_setsigdefault(attributes, &origin->defaults);
        if (r == 0)
                r = posix_spawnattr_setflags(attributes, (short)flags);
        return r;
}

static int spawn(const struct ek_origin *origin, int binary, int socket, int last,
                 char *const arguments[], char *const environment[], pid_t *ret_pid)
{
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        char path[64];
        int r = posix_spawn_file_actions_init(&actions);

        if (r != 0)
                return r;
        r = posix_spawnattr_init(&attributes);
        if (r != 0) {
                posix_spawn_file_actions_destroy(&actions);
                return r;
        }
        snprintf(path, sizeof(path), "/proc/self/fd/%d", EK_HANDOVER_BINARY);
        r = prepare_actions(&actions, origin, binary, socket, last);
        if (r == 0)
                r = prepare_attributes(&attributes, origin);
        if (r == 0)
                r = posix_spawn(ret_pid, path, &actions, &attributes, arguments, environment);
        posix_spawnattr_destroy(&attributes);
        posix_spawn_file_actions_destroy(&actions);
        return r;
}

/* Without a pidfd it could not be ended for certain: then it is ended now. Its PID stays known: it
   may have left a control socket. */
static int watch(pid_t pid, struct ek_child *ret_child, struct ekiden_error *error)
{
        int pidfd = pidfd_open(pid, 0);
        int saved = errno;

        *ret_child = (struct ek_child){
                .pid = pid,
                .public_pid = ek_public_pid_of(pidfd, pid),
                .pidfd = ek_own(pidfd),
                .daemon = -1,
        };
        if (pidfd < 0) {
                if (saved != ESRCH)
                        kill(pid, SIGKILL);
                while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
                        ;
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, saved,
                                              "cannot watch the new process");
        }
        return 0;
}

int ek_spawn(const struct ek_origin *origin, int binary, const char *path, char *const arguments[],
             int socket, const struct ek_token *token, bool is_probe, struct ek_child *ret_child,
             struct ekiden_error *error)
{
        int last = is_probe ? EK_INHERITED_LAST : EK_HANDOVER_BINARY;
        char variable[sizeof(EK_HANDOVER_VARIABLE "=") + EK_TOKEN_TEXT_SIZE];
        ek_auto_free char **argv = make_arguments(origin, path, arguments);
        ek_auto_free char **environment = make_environment(origin, variable);
        ek_auto_close int high_binary = fcntl(binary, F_DUPFD_CLOEXEC, last + 1);
        ek_auto_close int high_socket = fcntl(socket, F_DUPFD_CLOEXEC, last + 1);
        sigset_t all, before;
        struct ek_capabilities own;
        bool is_lending;
        int watched = 0;
        pid_t pid;
        int r;

        if (!argv || !environment)
                return ekiden_error_set(error, EKIDEN_ENOMEM, "memory ran out");
        if (high_binary < 0 || high_socket < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "cannot duplicate a descriptor for the successor");
        ek_token_write(token, stpcpy(variable, EK_HANDOVER_VARIABLE "="));
        /* A handler of SIGCHLD that reaps every child must not come between spawn and pidfd_open().
         */
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        is_lending = !origin->lends_nothing && ek_capabilities_read(&own);
        if (is_lending)
                ek_capabilities_lend(&own);
        r = spawn(origin, high_binary, high_socket, last, argv, environment, &pid);
        if (is_lending)
                ek_capabilities_settle(&own);
        if (r == 0)
                watched = watch(pid, ret_child, error);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        if (r == EAGAIN || r == ENOMEM) /* the binary has no part in it (fork(2)) */
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, r,
                                              "cannot start another process; its user may have as "
                                              "many as RLIMIT_NPROC allows, or memory is short");
        if (r != 0)
                return ekiden_error_set_errno(error, EKIDEN_EBINARY, r,
                                              "cannot start the new binary %s in %s", path,
                                              origin->directory);
        return watched;
}

bool ek_process_is_gone(int pidfd, int timeout_ms)
{
        struct pollfd gone = {.fd = pidfd, .events = POLLIN};
        uint64_t until_ns = ek_now_ns() + (uint64_t)timeout_ms * EK_NS_PER_MS;
        int r;

        if (pidfd < 0)
                return true;
        while ((r = poll(&gone, 1, timeout_ms)) < 0 && errno == EINTR) {
                uint64_t now_ns = ek_now_ns();

                timeout_ms = now_ns < until_ns ? (int)((until_ns - now_ns) / EK_NS_PER_MS) : 0;
        }
        return r == 1;
}

static void describe(const siginfo_t *info, char *ret_how, size_t size)
{
        if (info->si_code == CLD_EXITED)
                snprintf(ret_how, size, "exited with status %d", info->si_status);
        else
                snprintf(ret_how, size, "was killed by signal %d (%s)", info->si_status,
                         strsignal(info->si_status));
}

/* Reaps the child if it is gone: 1; 0: it still runs. A program that reaps all its children, or
   ignores SIGCHLD, may have been faster: then nothing is known of how it ended. */
static int reap(const struct ek_child *child, char *ret_how, size_t size)
{
        siginfo_t info = {.si_pid = 0};
        int r;

        do
                r = waitid(P_PIDFD, (id_t)child->pidfd, &info, WEXITED | WNOHANG);
        while (r < 0 && errno == EINTR);
        if (r < 0)
                return 1;
        if (info.si_pid == 0)
                return 0;
        describe(&info, ret_how, size);
        return 1;
}

void ek_child_speaks(struct ek_child *child, pid_t pid)
{
        if (pid <= 0 || pid == child->pid || child->daemon >= 0)
                return;
        child->daemon = ek_own(pidfd_open(pid, 0));
        /* Where somebody else has started it, this process may be unable to open a file. */
        child->public_pid = child->pid > 0 ? ek_public_pid_of(child->daemon, pid) : pid;
}

static bool may_end(int pidfd)
{
        return pidfd_send_signal(pidfd, 0, NULL, 0) == 0;
}

/* Of a process that was killed. While the memory of a large one is freed the program is to serve.
 */
static void await_end(int pidfd, pid_t public_pid, bool is_large)
{
        uint64_t until_ns = ek_now_ns() + LARGE_MS * EK_NS_PER_MS;

        if (!is_large)
                (void)ek_process_is_gone(pidfd, EK_CHILD_KILL_MS);
        while (is_large && !ek_process_is_gone(pidfd, 1) &&
               !ek_process_is_exiting(public_pid, pidfd))
                is_large = ek_now_ns() < until_ns;
}

/* It is nobody's child here: init reaps it, or who has started it. To him it may have a word to
   say. Where this process has given up the right to end it, it is not waited for: it has been told.
 */
static void end_daemon(struct ek_child *child, int grace_ms, bool is_large)
{
        if (child->daemon < 0)
                return;
        if (child->pid == 0 && grace_ms > 0 && may_end(child->daemon))
                (void)ek_process_is_gone(child->daemon, grace_ms);
        if (pidfd_send_signal(child->daemon, SIGKILL, NULL, 0) == 0)
                await_end(child->daemon, child->public_pid, is_large);
        ek_own_close(&child->daemon);
}

void ek_child_kill(const struct ek_child *child)
{
        if (child->daemon >= 0)
                pidfd_send_signal(child->daemon, SIGKILL, NULL, 0);
        if (child->pidfd >= 0)
                pidfd_send_signal(child->pidfd, SIGKILL, NULL, 0);
}

bool ek_child_is_gone(struct ek_child *child)
{
        struct pollfd daemon = {.fd = child->daemon, .events = POLLIN};
        char how[96];

        if (child->pidfd >= 0 && reap(child, how, sizeof(how)))
                ek_own_close(&child->pidfd);
        if (child->daemon >= 0 && poll(&daemon, 1, 0) == 1)
                ek_own_close(&child->daemon);
        return child->pidfd < 0 && child->daemon < 0;
}

void ek_child_end(struct ek_child *child, int grace_ms, bool is_large, char *ret_how,
                  size_t size_bytes)
{
        bool is_gone = true;
        pid_t public_pid = child->daemon < 0 ? child->public_pid : 0; /* or not known */

        ret_how[0] = '\0';
        end_daemon(child, grace_ms, is_large);
        if (child->pid > 0 && child->pidfd >= 0) {
                if (grace_ms > 0)
                        (void)ek_process_is_gone(child->pidfd, grace_ms);
                if (!reap(child, ret_how, size_bytes)) {
                        pidfd_send_signal(child->pidfd, SIGKILL, NULL, 0);
                        await_end(child->pidfd, public_pid, is_large);
                        is_gone = reap(child, ret_how, size_bytes);
                        snprintf(ret_how, size_bytes, EK_CHILD_WAS_RUNNING);
                }
        }
        if (!is_gone && ek_child_outlasts(child))
                return; /* the kernel is slow to end it: it will be reaped when it has */
        ek_own_close(&child->pidfd);
        *child = (struct ek_child){.pidfd = -1, .daemon = -1};
}
