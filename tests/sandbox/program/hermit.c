/* SPDX-License-Identifier: MIT */
/*
 * A server in a sandbox, that answers on a UNIX socket. Every word that comes is a question:
 *
 *     ask     RELEASE PID COUNT, the count of questions so far
 *     where   "inside" or "outside" the sandbox
 *     open    how many descriptors are open
 *     break   makes a socket
 *
 *     hermit SOCKET [FOLDER]
 *
 * With FOLDER it enters a sandbox in which that folder is all of the file system. A successor with
 * HERMIT_FAULT in its environment exits with status 3 before it starts (before), when it has
 * started (exit), when it has all (ready) or when it would say that it serves (taken: fault.c);
 * refuses what it has taken over (refuse); sleeps before it says HELLO (sleep) or when it has all
 * (linger); or is not ready for its sandbox: ekiden_before_sandbox() comes behind it (late), or not
 * at all (never).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <ekiden/ekiden.h>

#include "fault.h"
#include "hermit_v1.ekiden.h"
#include "sandbox.h"

#define CONNECTIONS_MAX 16

static Hermit__V1__Cell cell = HERMIT__V1__CELL__INIT;
static int32_t connections[CONNECTIONS_MAX];
static bool is_inside;

static _Noreturn void give_up(const char *why)
{
        fprintf(stderr, "hermit %d: %s: %s\n", (int)getpid(), why, strerror(errno));
        exit(1);
}

static int listen_at(const char *path)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
        if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
            listen(listener, 16) < 0)
                give_up(path);
        return listener;
}

static void say(int connection, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(int connection, const char *format, ...)
{
        char line[128];
        va_list arguments;
        int length;

        va_start(arguments, format);
        length = vsnprintf(line, sizeof(line), format, arguments);
        va_end(arguments);
        (void)send(connection, line, (size_t)length, MSG_NOSIGNAL);
}

static int count_open(void)
{
        int count = 0;

        for (int fd = 0; fd < 256; fd++)
                count += fcntl(fd, F_GETFD) >= 0;
        return count;
}

/* False: the connection has come to its end. By a call that Ekiden needs in any upgrade: recv()
   would hide from the filter where Ekiden needs that. */
static bool answer(int connection)
{
        char line[64];
        struct iovec part = {line, sizeof(line) - 1};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
        ssize_t length = recvmsg(connection, &message, 0);

        if (length <= 0)
                return length < 0 && errno == EINTR;
        line[length] = '\0';
        line[strcspn(line, "\n")] = '\0';
        cell.asked++;
        if (strcmp(line, "ask") == 0)
                say(connection, "%d %d %llu\n", RELEASE, (int)getpid(),
                    (unsigned long long)cell.asked);
        else if (strcmp(line, "where") == 0)
                say(connection, is_inside ? "inside\n" : "outside\n");
        else if (strcmp(line, "open") == 0)
                say(connection, "%d\n", count_open());
        else if (strcmp(line, "break") == 0)
                (void)socket(AF_INET, SOCK_STREAM, 0);
        return true;
}

static void serve(void)
{
        struct pollfd polled[CONNECTIONS_MAX + 1];
        size_t count = cell.n_connections;

        polled[0] = (struct pollfd){.fd = cell.listener, .events = POLLIN};
        for (size_t i = 0; i < count; i++)
                polled[i + 1] = (struct pollfd){.fd = connections[i], .events = POLLIN};
        if (poll(polled, (nfds_t)count + 1, -1) < 0)
                return;
        for (size_t i = count; i-- > 0;)
                if (polled[i + 1].revents != 0 && !answer(connections[i])) {
                        close(connections[i]);
                        connections[i] = connections[--cell.n_connections];
                }
        if (polled[0].revents != 0 && cell.n_connections < CONNECTIONS_MAX) {
                int connection = accept4(cell.listener, NULL, NULL, SOCK_CLOEXEC);

                if (connection >= 0)
                        connections[cell.n_connections++] = connection;
        }
}

static int check(void *data, struct ekiden_error *error)
{
        (void)data;
        if (is_faulty("ready"))
                _exit(3);
        if (is_faulty("linger"))
                (void)poll(NULL, 0, 60000);
        if (is_faulty("refuse"))
                return ekiden_error_set(error, EKIDEN_EREFUSED, "it was told to refuse");
        return 0;
}

/* What is needed of the file system is had before; all that comes from a predecessor, within. */
static void prepare(void)
{
        struct ekiden_error error;

        if (ekiden_before_sandbox(&error) == 0)
                return;
        fprintf(stderr, "hermit: %s\n", error.sentence);
        exit(ekiden_error_exit_status(error.code));
}

static void enter(const char *folder)
{
        bool is_prepared = !getenv("HERMIT_UNPREPARED");
        bool is_late = is_faulty("late"), is_faultless = !is_late && !is_faulty("never");
        int r;

        if (is_prepared && is_faultless)
                prepare();
        /* A filter would end one that has done it wrong, before it could say so. */
        r = is_faultless ? sandbox_enter(folder, is_prepared) : sandbox_give_up(folder);
        if (is_late)
                prepare();
        if (r < 0) {
                errno = -r;
                give_up("cannot enter the sandbox");
        }
        is_inside = true;
}

static void take_over(void)
{
        cell.connections = connections;
        if (hermit_v1_tag_cell(&cell) < 0)
                give_up("cannot tag");
        if (cell.connections == connections)
                return;
        if (cell.n_connections > 0)
                memcpy(connections, cell.connections, cell.n_connections * sizeof(*connections));
        free(cell.connections);
        cell.connections = connections;
}

int main(int argc, char **argv)
{
        struct ekiden_error error = {0};
        int began;

        if (argc < 2)
                return 64;
        if (is_faulty("before"))
                return 3;
        if (is_faulty("sleep"))
                sleep(60);
        if (getenv("HERMIT_LOG"))
                ekiden_set_log(ekiden_log_to_stderr, NULL);
        ekiden_set_check(check, NULL);
        began = ekiden_start(argc, argv, &hermit_v1, &error);
        if (began < 0) {
                fprintf(stderr, "hermit: %s\n", error.sentence);
                return ekiden_error_exit_status(error.code);
        }
        if (is_faulty("exit"))
                return 3;
        if (began == EKIDEN_FRESH)
                cell.listener = listen_at(argv[1]);
        if (argc > 2)
                enter(argv[2]);
        take_over();
        for (;;) {
                ekiden_update_point("cell_loop");
                serve();
        }
}
