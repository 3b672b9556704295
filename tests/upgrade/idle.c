/* SPDX-License-Identifier: MIT */
/* Nothing happens between update points: strace sees the program's own system calls, and no other.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "processes.h"
#include "service.h"

#define LINES 5

static struct service service;
static char trace[128];
static int output = -1; /* what the counter prints; it must have a reader until it ends */

/* Whether strace is there and may trace. If so, nothing excuses a counter that does not start. */
static bool can_trace(void)
{
        const char *const arguments[] = {STRACE, "-o", "/dev/null", "true", NULL};
        pid_t pid = process_start(arguments, -1, -1, -1);
        int status;

        return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* Starts the counter under strace. Returns strace's pid. */
static pid_t start_traced(int *ret_port)
{
        const char *const arguments[] = {STRACE, "-o", trace, COUNTER, "0", NULL};
        char line[128] = "";
        int ends[2];
        pid_t pid;

        cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
        output = ends[0];
        pid = process_start(arguments, service.keeper, ends[1], -1);
        cr_assert_gt(pid, 0, "strace cannot be started");
        close(ends[1]);
        cr_assert_gt(read(output, line, sizeof(line) - 1), 0, "the counter did not start");
        cr_assert_eq(sscanf(line, "listening on 127.0.0.1:%d", ret_port), 1, "it said: %s", line);
        return pid;
}

static int connect_to(int port)
{
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
        return fd;
}

static void talk(int port)
{
        int fd = connect_to(port);

        for (int i = 0; i < LINES; i++) {
                char answer[256];

                cr_assert_eq(send(fd, "line\n", 5, 0), 5);
                cr_assert_gt(recv(fd, answer, sizeof(answer), 0), 0);
        }
        usleep(300000); /* idle: it must stay where it is */
        close(fd);
        usleep(200000); /* and so in its other loop, where it waits for a client */
}

/* The process that strace runs is known by its control socket, counter.PID. */
static pid_t find_counter(void)
{
        DIR *entries = opendir(service.directory);
        int pid = -1;

        cr_assert(entries);
        for (struct dirent *entry; (entry = readdir(entries));)
                if (sscanf(entry->d_name, "counter.%d", &pid) == 1)
                        break;
        closedir(entries);
        cr_assert_gt(pid, 0);
        return (pid_t)pid;
}

/* The calls from the first accept() on that waits: it ends the start-up and its first update point,
   which looks at the control socket once. */
static int count_calls(const char *name, int *ret_all)
{
        FILE *file = fopen(trace, "re");
        bool started = false;
        char line[512];
        int count = 0;

        *ret_all = 0;
        cr_assert(file);
        while (fgets(line, sizeof(line), file)) {
                size_t length = strlen(name);

                started = started || (strncmp(line, "accept", 6) == 0 && !strstr(line, "EAGAIN"));
                if (!started || line[0] == '+' || line[0] == '-')
                        continue;
                ++*ret_all;
                count += strncmp(line, name, length) == 0 && line[length] == '(';
        }
        fclose(file);
        return count;
}

static void end(void)
{
        char command[128];

        if (!service.directory[0])
                return;
        close(output);
        service_end(&service);
        snprintf(command, sizeof(command), "rm -r %s", service.directory);
        cr_expect_eq(system(command), 0);
}

Test(idle, no_system_call_is_made_between_update_points, .fini = end, .timeout = 60)
{
        int port, all, accepts, receives, sends, closes, writes;
        pid_t pid;

#ifdef __SANITIZE_ADDRESS__
        cr_skip_test("the sanitizer's own system calls would be counted");
#endif
        if (!can_trace())
                cr_skip_test("strace is missing, or not allowed here");
        service_prepare(&service);
        snprintf(trace, sizeof(trace), "%s/trace", service.directory);
        pid = start_traced(&port);
        talk(port);
        kill(find_counter(), SIGTERM);
        cr_expect(wait_until_gone(pid));
        accepts = count_calls("accept4", &all) + count_calls("accept", &all);
        receives = count_calls("recvfrom", &all);
        sends = count_calls("sendto", &all);
        closes = count_calls("close", &all);
        writes = count_calls("write", &all); /* what it prints when a client leaves */
        cr_expect_eq(accepts, 2);
        cr_expect_eq(receives, LINES + 1);
        cr_expect_eq(sends, LINES);
        cr_expect_eq(all, accepts + receives + sends + closes + writes,
                     "%d calls, of which the program's own are %d accept, %d recv, %d send, %d "
                     "close, %d write",
                     all, accepts, receives, sends, closes, writes);
        cr_expect_leq(closes + writes, 2);
}
