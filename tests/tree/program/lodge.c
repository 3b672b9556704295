/* SPDX-License-Identifier: MIT */
/*
 * A server whose sessions are processes in a sandbox: each has a client, sees an empty root
 * directory, is nobody, can neither fork nor open a file. So the desk, which has forked them, forks
 * their successors as well. On PREFIX.guests each connection begins a session, in which each word
 * is a question:
 *
 *     ask     PID PARENT VERSION COUNT UID, and whether it is inside and can fork
 *     open    how many descriptors are open
 *     full    from now on no more can be; until …
 *     room    … they can
 *     leave   it cannot be upgraded any more
 *     end     the session ends
 *
 * On PREFIX.questions the desk itself answers, one question to each connection:
 *
 *     ask     PID VERSION
 *     open    how many descriptors are open
 *     reaped  how many children have ended
 *
 *     lodge PREFIX [sandbox=DIRECTORY] [isolate] [moves] [fault=WORD]
 *
 * Without `sandbox` (which is root's), sessions are forked, and nothing more; with `isolate`, each
 * is process 1 of a PID namespace of its own. The desk keeps its
 * PID unless it `moves`. Of version 2 only: the desk has no function (unset), says that it cannot
 * fork (fork), or that it has forked nobody (nobody); a child leaves at once (leave), comes back
 * from the function (back), leaves as a successor (exit), waits for ever (hang), refuses (refuse),
 * stays outside its sandbox (outside), or waits in it for ever (late).
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ekiden/ekiden.h>

#include "lodge_variant.h"

#define NOBODY 65534
#define DESCRIPTORS 64

static Desk desk = DESK_INIT;
static Session session = SESSION_INIT;
static const char *prefix, *sandbox;
static const char *fault = "";
static bool isolates;
static unsigned int reaped;

static _Noreturn void give_up(const char *why)
{
        fprintf(stderr, "lodge %d: %s: %s\n", (int)getpid(), why, strerror(errno));
        _exit(1);
}

static bool has_fault(const char *word)
{
        return VERSION >= 2 && strcmp(fault, word) == 0;
}

static int listen_on(const char *what)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        snprintf(address.sun_path, sizeof(address.sun_path), "%s.%s", prefix, what);
        if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
            listen(listener, 64) < 0)
                give_up(address.sun_path);
        return listener;
}

static void say(int connection, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(int connection, const char *format, ...)
{
        char line[256];
        va_list arguments;
        int length;

        va_start(arguments, format);
        length = vsnprintf(line, sizeof(line), format, arguments);
        va_end(arguments);
        (void)send(connection, line, (size_t)length, MSG_NOSIGNAL);
}

static unsigned int count_open(void)
{
        unsigned int count = 0;

        for (int fd = 0; fd < 1024; fd++)
                count += fcntl(fd, F_GETFD) >= 0;
        return count;
}

static bool can_fork(void)
{
        pid_t pid = fork();

        if (pid == 0)
                _exit(0);
        if (pid > 0)
                waitpid(pid, NULL, 0);
        return pid > 0;
}

/* How many were opened for nothing else. */
static size_t fill(bool is_full)
{
        static const struct rlimit few = {DESCRIPTORS, DESCRIPTORS};
        static int filling[DESCRIPTORS];
        static size_t count;

        setrlimit(RLIMIT_NOFILE, &few);
        while (is_full && count < DESCRIPTORS && (filling[count] = dup(STDIN_FILENO)) >= 0)
                count++;
        while (!is_full && count > 0)
                close(filling[--count]);
        return count;
}

/* The rest of a session's life, from which it does not return. */
static _Noreturn void serve_session(void)
{
        char line[64];

        for (;;) {
                ssize_t length;

                ekiden_update_point("session");
                length = recv(session.connection, line, sizeof(line) - 1, 0);
                if (length < 0 && errno == EINTR)
                        continue;
                if (length <= 0)
                        exit(0);
                line[length] = '\0';
                line[strcspn(line, "\n")] = '\0';
                session.asked++;
                if (strcmp(line, "ask") == 0)
                        say(session.connection, "%d %d %d %llu %d %s %s\n", (int)getpid(),
                            (int)getppid(), VERSION, (unsigned long long)session.asked,
                            (int)geteuid(), access("/proc", F_OK) == 0 ? "outside" : "inside",
                            can_fork() ? "forks" : "alone");
                else if (strcmp(line, "open") == 0)
                        say(session.connection, "%u\n", count_open());
                else if (strcmp(line, "full") == 0 || strcmp(line, "room") == 0)
                        say(session.connection, "%zu\n", fill(strcmp(line, "full") == 0));
                else if (strcmp(line, "leave") == 0)
                        say(session.connection, "%d\n", ekiden_leave_role());
                else if (strcmp(line, "end") == 0)
                        exit(0);
        }
}

/* Whoever would look at a file by its name, give it another, or take it away, is ended by SIGSYS.
 */
static int filter_calls(void)
{
        static const unsigned int denied[] = {
                __NR_openat, __NR_open,     __NR_getdents64, __NR_readlink, __NR_readlinkat,
                __NR_rename, __NR_renameat, __NR_renameat2,  __NR_unlink,   __NR_unlinkat};
        const size_t count = sizeof(denied) / sizeof(denied[0]);
        struct sock_filter filter[2 * (sizeof(denied) / sizeof(denied[0])) + 2] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        };
        struct sock_fprog program = {.len = (unsigned short)(2 * count + 2), .filter = filter};

        for (size_t i = 0; i < count; i++) {
                filter[2 * i + 1] =
                        (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, denied[i], 0, 1);
                filter[2 * i + 2] =
                        (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
        }
        filter[2 * count + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
                return -1;
        return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void enter_sandbox(void)
{
        const struct rlimit none = {0, 0};
        struct ekiden_error error;

        if (ekiden_before_sandbox(&error) < 0) {
                fprintf(stderr, "lodge: %s\n", error.sentence);
                _exit(1);
        }
        if (!sandbox || has_fault("outside"))
                return;
        if (chroot(sandbox) < 0 || chdir("/") < 0 || setgroups(0, NULL) < 0 ||
            setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0 ||
            setrlimit(RLIMIT_NPROC, &none) < 0 || filter_calls() < 0)
                give_up("sandbox");
}

/* What is the desk's is closed; the same in one that begins, and in one that succeeds. */
static _Noreturn void be_session(void)
{
        close(desk.guests);
        close(desk.questions);
        signal(SIGCHLD, SIG_DFL);
        if (TAG_SESSION(&session) < 0)
                _exit(1);
        enter_sandbox();
        while (has_fault("late"))
                pause();
        serve_session();
}

static pid_t fork_session(void)
{
        return isolates ? (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0) : fork();
}

static void begin_session(void)
{
        int connection = accept4(desk.guests, NULL, NULL, SOCK_CLOEXEC);
        struct ekiden_error error;

        if (connection < 0)
                return;
        if (fork_session() == 0) {
                if (ekiden_after_fork("session", &error) < 0) {
                        fprintf(stderr, "lodge: %s\n", error.sentence);
                        _exit(1);
                }
                session.connection = connection;
                be_session();
        }
        close(connection);
}

static pid_t spawn(void *data, const struct ekiden_spawn_request *request)
{
        struct ekiden_error error;
        pid_t pid;

        (void)data;
        if (has_fault("fork") || strcmp(request->role, "session") != 0)
                return -EAGAIN;
        if (has_fault("nobody"))
                return 0;
        pid = fork_session();
        if (pid != 0)
                return pid < 0 ? -errno : pid;
        if (has_fault("leave"))
                _exit(3);
        if (has_fault("back"))
                return 0;
        if (ekiden_succeed(&error) < 0) {
                fprintf(stderr, "lodge: %s\n", error.sentence);
                _exit(ekiden_error_exit_status(error.code));
        }
        if (has_fault("exit"))
                _exit(3);
        while (has_fault("hang"))
                pause();
        be_session();
}

static void answer_question(void)
{
        int connection = accept4(desk.questions, NULL, NULL, SOCK_CLOEXEC);
        char line[64];
        ssize_t length;

        if (connection < 0)
                return;
        length = TEMP_FAILURE_RETRY(recv(connection, line, sizeof(line) - 1, 0));
        line[length > 0 ? length : 0] = '\0';
        line[strcspn(line, "\n")] = '\0';
        if (strcmp(line, "ask") == 0)
                say(connection, "%d %d\n", (int)getpid(), VERSION);
        else if (strcmp(line, "open") == 0)
                say(connection, "%u\n", count_open() - 1);
        else if (strcmp(line, "reaped") == 0)
                say(connection, "%u\n", reaped);
        close(connection);
}

static _Noreturn void serve_desk(void)
{
        for (;;) {
                struct pollfd polled[] = {
                        {.fd = desk.guests, .events = POLLIN},
                        {.fd = desk.questions, .events = POLLIN},
                };

                ekiden_update_point("desk");
                while (waitpid(-1, NULL, WNOHANG) > 0)
                        reaped++;
                if (poll(polled, 2, 1000) <= 0)
                        continue;
                if (polled[0].revents != 0)
                        begin_session();
                if (polled[1].revents != 0)
                        answer_question();
        }
}

static int check(void *data, struct ekiden_error *error)
{
        (void)data;
        if (has_fault("refuse") && strcmp(ekiden_role(), "session") == 0)
                return ekiden_error_set(error, EKIDEN_EREFUSED, "it was told to refuse");
        return 0;
}

static void on_child(int number)
{
        (void)number;
}

static void set_roles(bool moves)
{
        const struct ekiden_role roles[] = {
                {.name = "main", .keeps_pid = !moves},
                {.name = "session", .spawned_by = "main"},
        };

        if (ekiden_set_roles(roles, 2) < 0)
                give_up("roles");
}

int main(int argc, char **argv)
{
        const struct sigaction action = {.sa_handler = on_child};
        struct ekiden_error error = {0};
        bool moves = false;
        int began;

        prefix = argv[1];
        for (int i = 2; i < argc; i++) {
                if (strncmp(argv[i], "sandbox=", 8) == 0)
                        sandbox = argv[i] + 8;
                else if (strncmp(argv[i], "fault=", 6) == 0)
                        fault = argv[i] + 6;
                else if (strcmp(argv[i], "isolate") == 0)
                        isolates = true;
                else if (strcmp(argv[i], "moves") == 0)
                        moves = true;
        }
        set_roles(moves);
        if (!has_fault("unset"))
                ekiden_set_spawn(spawn, NULL);
        ekiden_set_check(check, NULL);
#if VERSION > 1
        if (ekiden_add_hop(&lodge_v1_to_v2) < 0)
                give_up("hop");
#endif
        if (getenv("LODGE_LOG"))
                ekiden_set_log(ekiden_log_to_stderr, NULL);
        began = ekiden_start(argc, argv, &LODGE, &error);
        if (began < 0) {
                fprintf(stderr, "lodge: %s\n", error.sentence);
                return ekiden_error_exit_status(error.code);
        }
        sigaction(SIGCHLD, &action, NULL);
        if (began == EKIDEN_FRESH)
                desk.guests = listen_on("guests");
        if (began == EKIDEN_FRESH)
                desk.questions = listen_on("questions");
        if (TAG_DESK(&desk) < 0)
                give_up("cannot tag");
        serve_desk();
}
