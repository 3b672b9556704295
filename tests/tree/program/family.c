/* SPDX-License-Identifier: MIT */
/*
 * A process that forks others of its kind, each of which answers on a UNIX socket of its own. Every
 * word that comes is a question:
 *
 *     ask        NUMBER ROLE PID PARENT VERSION COUNT, the count of questions so far
 *     bear ROLE  forks a child in that role: its PID; role - is no role, and the child leaves it;
 *                with + it says nothing to the library at all
 *     reap       the PIDs of children that have ended since, or -
 *     open       how many descriptors are open
 *     rights     its capabilities: inheritable, permitted, effective, ambient, as /proc has them
 *     seclude    children are from now on in a PID namespace of their own: the result
 *     leave      says that it cannot be upgraded any more: the result
 *     end        the process ends
 *
 *     family SOCKET-PREFIX [keep=ROLE]… [fault=WORD] [late] [rights] [HABIT]…
 *
 * A fault is for a successor (fault.c); or it refuses (refuse), waits as long as there is a file
 * SOCKET-PREFIX.hold (hold), or leaves its role before it serves, which it may not (leave); it is
 * of version 2 only, and where the word is WORD@ROLE of that role only. Where it is "late", an
 * upgrade is permitted when it is asked for, and not any more when it would begin. With "rights" it
 * becomes a lesser user, and keeps a few of root's. A habit is in habit.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ekiden/ekiden.h>

#include "fault.h"
#include "habit.h"
#include "variant.h"

#define CONNECTIONS_MAX 64
#define CHILDREN_MAX 256

static Self self = SELF_INIT;
static int32_t connections[CONNECTIONS_MAX];
static int32_t children[CHILDREN_MAX];
static const char *prefix;
static const char *fault = "";

static _Noreturn void give_up(const char *why)
{
        fprintf(stderr, "family %d: %s: %s\n", (int)getpid(), why, strerror(errno));
        _exit(1);
}

static void listen_on(uint32_t number)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};

        self.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        snprintf(address.sun_path, sizeof(address.sun_path), "%s.%u", prefix, number);
        if (bind(self.listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
            listen(self.listener, 16) < 0)
                give_up(address.sun_path);
}

static void say(int connection, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(int connection, const char *format, ...)
{
        char line[4096];
        va_list arguments;
        int length;

        va_start(arguments, format);
        length = vsnprintf(line, sizeof(line), format, arguments);
        va_end(arguments);
        (void)send(connection, line, (size_t)length, MSG_NOSIGNAL);
}

static void say_ended(int connection)
{
        char line[2048] = "-";
        size_t used = 0;
        pid_t pid;

        while ((pid = waitpid(-1, NULL, WNOHANG)) > 0 && used < sizeof(line) - 16)
                used += (size_t)snprintf(line + used, sizeof(line) - used, "%s%d",
                                         used > 0 ? " " : "", (int)pid);
        say(connection, "%s\n", line);
}

static unsigned int count_open(void)
{
        unsigned int count = 0;

        for (int fd = 0; fd < 1024; fd++)
                count += fcntl(fd, F_GETFD) >= 0;
        return count;
}

static void say_rights(int connection)
{
        char line[256], said[512] = "";
        FILE *status = fopen("/proc/self/status", "re");

        while (status && fgets(line, sizeof(line), status))
                if (strncmp(line, "CapInh", 6) == 0 || strncmp(line, "CapPrm", 6) == 0 ||
                    strncmp(line, "CapEff", 6) == 0 || strncmp(line, "CapAmb", 6) == 0)
                        sprintf(said + strlen(said), "%llx ", strtoull(line + 8, NULL, 16));
        if (status)
                fclose(status);
        say(connection, "%s\n", said);
}

/* As a server that is started by root becomes a lesser user, and keeps a few of its rights: one of
   them, CAP_NET_RAW, is not in use. */
static void become_nobody(void)
{
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct data[2] = {
                {.effective = 1U << CAP_NET_BIND_SERVICE,
                 .permitted = 1U << CAP_NET_BIND_SERVICE | 1U << CAP_NET_RAW},
        };

        if (getuid() != 0)
                return; /* a successor */
        if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || setresgid(65534, 65534, 65534) < 0 ||
            setresuid(65534, 65534, 65534) < 0 || syscall(SYS_capset, &header, data) < 0)
                give_up("rights");
}

/* What came is moved to where there is room for more. */
static void take(int32_t *room, int32_t **array, size_t count)
{
        if (count > 0)
                memcpy(room, *array, count * sizeof(*room));
        free(*array);
        *array = room;
}

static void tag(void)
{
        if (TAG_SELF(&self) < 0)
                give_up("cannot tag");
}

/* In the child: what is the parent's goes, and it begins as one of its own. */
static void be_born(const char *role, uint32_t number)
{
        struct ekiden_error error;

        if (strcmp(role, "-") == 0) {
                if (ekiden_leave_role() < 0)
                        give_up("cannot leave");
        } else if (strcmp(role, "+") != 0 && ekiden_after_fork(role, &error) < 0) {
                fprintf(stderr, "family: %s\n", error.sentence);
                _exit(1);
        }
        close(self.listener);
        for (size_t i = 0; i < self.n_connections; i++)
                close(connections[i]);
        self.n_connections = self.n_children = 0;
        self.number = number;
        self.asked = self.born = 0;
        listen_on(number);
        if (strcmp(role, "+") != 0)
                tag();
}

static void bear(int connection, const char *role)
{
        uint32_t number = self.number * 100 + ++self.born;
        pid_t pid = fork();

        if (pid < 0)
                give_up("fork");
        if (pid == 0) {
                be_born(role, number);
                return;
        }
        if (self.n_children < CHILDREN_MAX)
                children[self.n_children++] = pid;
        say(connection, "%d\n", (int)pid);
}

/* False: the connection has come to its end. */
static bool answer(int connection)
{
        char line[128];
        ssize_t length = recv(connection, line, sizeof(line) - 1, 0);

        if (length <= 0)
                return length < 0 && errno == EINTR;
        line[length] = '\0';
        line[strcspn(line, "\n")] = '\0';
        self.asked++;
        if (strcmp(line, "ask") == 0)
                say(connection, "%u %s %d %d %d %llu\n", self.number, ekiden_role(), (int)getpid(),
                    (int)getppid(), VERSION, (unsigned long long)self.asked);
        else if (strncmp(line, "bear ", 5) == 0)
                bear(connection, line + 5);
        else if (strcmp(line, "reap") == 0)
                say_ended(connection);
        else if (strcmp(line, "open") == 0)
                say(connection, "%u\n", count_open());
        else if (strcmp(line, "rights") == 0)
                say_rights(connection);
        else if (strcmp(line, "seclude") == 0)
                say(connection, "%d\n", unshare(CLONE_NEWPID));
        else if (strcmp(line, "leave") == 0)
                say(connection, "%d\n", ekiden_leave_role());
        else if (strcmp(line, "end") == 0)
                exit(0);
        return true;
}

static void serve(void)
{
        struct pollfd polled[CONNECTIONS_MAX + 1];
        size_t count = self.n_connections;

        polled[0] = (struct pollfd){.fd = self.listener, .events = POLLIN};
        for (size_t i = 0; i < count; i++)
                polled[i + 1] = (struct pollfd){.fd = connections[i], .events = POLLIN};
        if (poll(polled, (nfds_t)count + 1, -1) < 0)
                return;
        for (size_t i = count; i-- > 0;) {
                uint32_t number = self.number;

                if (polled[i + 1].revents == 0)
                        continue;
                if (!answer(connections[i])) {
                        close(connections[i]);
                        connections[i] = connections[--self.n_connections];
                }
                if (self.number != number)
                        return; /* this is a child now */
        }
        if (polled[0].revents != 0 && self.n_connections < CONNECTIONS_MAX) {
                int connection = accept4(self.listener, NULL, NULL, SOCK_CLOEXEC);

                if (connection >= 0)
                        connections[self.n_connections++] = connection;
        }
}

/* The fault's word, if it has this one and is for this process. */
static bool is_faulty(const char *word)
{
        size_t length = strcspn(fault, "@");
        const char *role = fault[length] ? fault + length + 1 : ekiden_role();

        return VERSION >= 2 && strlen(word) == length && strncmp(fault, word, length) == 0 &&
               strcmp(role, ekiden_role()) == 0;
}

static void hold(void)
{
        char path[128];

        snprintf(path, sizeof(path), "%s.hold", prefix);
        while (access(path, F_OK) == 0)
                usleep(5000);
}

static void fail_at(const char *place)
{
        size_t length = strlen(place);

        if (VERSION >= 2 && strncmp(fault, place, length) == 0)
                fail(fault + length);
}

static int check(void *data, struct ekiden_error *error)
{
        (void)data;
        if (is_faulty("refuse"))
                return ekiden_error_set(error, EKIDEN_EREFUSED, "it was told to refuse");
        return 0;
}

static int permit(void *data, const struct ekiden_request *request, struct ekiden_error *error)
{
        (void)data;
        if (!request->is_pausing)
                return 0;
        return ekiden_error_set(error, EKIDEN_EREFUSED, "it is too late");
}

static void set_roles(int argc, char **argv)
{
        struct ekiden_role roles[8] = {{.name = "worker"}, {.name = "helper"}, {.name = "main"}};

        for (int i = 2; i < argc; i++)
                for (int k = 0; k < 3; k++)
                        if (strncmp(argv[i], "keep=", 5) == 0 &&
                            strcmp(argv[i] + 5, roles[k].name) == 0)
                                roles[k].keeps_pid = true;
        if (ekiden_set_roles(roles, 3) < 0)
                give_up("roles");
}

int main(int argc, char **argv)
{
        struct ekiden_error error = {0};
        int began;

        prefix = argv[1];
        for (int i = 2; i < argc; i++)
                if (strncmp(argv[i], "fault=", 6) == 0)
                        fault = argv[i] + 6;
                else if (strcmp(argv[i], "rights") == 0)
                        become_nobody();
                else if (strcmp(argv[i], "late") == 0)
                        ekiden_set_permit(permit, NULL);
        self.connections = connections;
        self.children = children;
        fail_at("before-");
        habits_begin(argc, argv, VERSION);
        set_roles(argc, argv);
#if VERSION > 1
        if (ekiden_add_hop(&family_v1_to_v2) < 0)
                give_up("hop");
#endif
        ekiden_set_check(check, NULL);
        if (getenv("FAMILY_LOG"))
                ekiden_set_log(ekiden_log_to_stderr, NULL);
        began = ekiden_start(argc, argv, &FAMILY, &error);
        if (began < 0) {
                fprintf(stderr, "family: %s\n", error.sentence);
                return ekiden_error_exit_status(error.code);
        }
        habits_start();
        if (began == EKIDEN_FRESH)
                listen_on(0);
        else
                fail_at("");
        if (began == EKIDEN_RESUMED && is_faulty("leave") && ekiden_leave_role() != EKIDEN_ESTATE)
                give_up("it has left before it served");
        if (began == EKIDEN_RESUMED && is_faulty("hold"))
                hold();
        tag();
        if (began == EKIDEN_RESUMED) {
                take(connections, &self.connections, self.n_connections);
                take(children, &self.children, self.n_children);
                fail_at("late-");
        }
        for (;;) {
                ekiden_update_point("loop");
                habit_look();
                serve();
        }
}
