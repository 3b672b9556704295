/* SPDX-License-Identifier: MIT */
/*
 * See server.h. A successor is a grandchild, and this process, as its subreaper, inherits it. Who
 * ends is always waited for by pid, so that no pid is used for another process by mistake.
 */
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "entry/control_path.h"
#include "measure.h"
#include "socket_pair.h"

static char directory[] = "/dev/shm/ekiden-bench-XXXXXX"; /* in memory, as /run is */
static struct server *running; /* ended at exit; NULL: none */

static void clean_up(void)
{
        if (running)
                server_stop(running);
        rmdir(directory);
}

void servers_prepare(void)
{
        if (access("/dev/shm", W_OK) < 0)
                strcpy(directory, "/tmp/ekiden-bench-XXXXXX");
        if (!mkdtemp(directory) || setenv("EKIDEN_RUNTIME_DIR", directory, 1) < 0)
                fail("cannot make a directory for control sockets: %s", strerror(errno));
        atexit(clean_up);
        if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
                fail("cannot become the parent of successors: %s", strerror(errno));
}

static pid_t spawn(const char *const arguments[], int input, int output)
{
        posix_spawn_file_actions_t actions;
        pid_t pid;
        int result;

        posix_spawn_file_actions_init(&actions);
        if (input >= 0)
                posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
        if (output >= 0)
                posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
        result = posix_spawn(&pid, arguments[0], &actions, NULL,
                             (char *const *)(uintptr_t)arguments, environ);
        posix_spawn_file_actions_destroy(&actions);
        if (result != 0)
                fail("cannot start %s: %s", arguments[0], strerror(result));
        return pid;
}

static void wait_for_line(struct server *server)
{
        char line[256] = "";
        size_t length = 0;

        while (!strchr(line, '\n')) {
                ssize_t n = read(server->output, line + length, sizeof(line) - 1 - length);

                if (n <= 0)
                        fail("%s ended before it served", server->program);
                length += (size_t)n;
                line[length] = '\0';
        }
        sscanf(line, "listening on 127.0.0.1:%u", &server->port);
}

double server_start(struct server *server, const char *program, const char *const arguments[])
{
        uint64_t began;
        int ends[2];

        if (pipe2(ends, O_CLOEXEC) < 0)
                fail("cannot make a pipe: %s", strerror(errno));
        *server = (struct server){.program = program, .output = ends[0]};
        began = clock_ns();
        server->pid = spawn(arguments, -1, ends[1]);
        running = server;
        close(ends[1]);
        wait_for_line(server);
        return microseconds_since(began);
}

void server_succeed(struct server *server, pid_t successor)
{
        int status;

        if (waitpid(server->pid, &status, 0) < 0 || status != 0)
                fail("the predecessor of %s did not leave as it should", server->program);
        server->pid = successor;
}

void server_stop(struct server *server)
{
        char path[EK_CONTROL_PATH_MAX];

        kill(server->pid, SIGKILL);
        waitpid(server->pid, NULL, 0);
        if (ek_control_path(directory, server->program, server->pid, false, path, NULL) == 0)
                unlink(path);
        close(server->output);
        running = NULL;
}

double spawn_floor_us(const char *binary)
{
        const char *const arguments[] = {binary, NULL};
        uint64_t began = clock_ns();
        int sockets[2];
        double elapsed;
        pid_t pid;
        char byte = 0;

        socket_pair_open(BUFFER_DEFAULT, sockets);
        if (write(sockets[0], &byte, 1) != 1)
                fail("cannot write to a socket pair: %s", strerror(errno));
        pid = spawn(arguments, sockets[1], -1);
        close(sockets[1]);
        if (read(sockets[0], &byte, 1) != 1)
                fail("%s did not answer", binary);
        elapsed = microseconds_since(began);
        close(sockets[0]);
        waitpid(pid, NULL, 0);
        return elapsed;
}
