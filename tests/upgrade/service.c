/* SPDX-License-Identifier: MIT */
/* See service.h. The test is the subreaper of what it starts, since successors are orphans. */
#include "service.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "processes.h"

#define TRIES 1000 /* of 10 ms each */

static void nap(void)
{
        const struct timespec ten_ms = {.tv_nsec = 10000000};

        nanosleep(&ten_ms, NULL);
}

void service_prepare(struct service *service)
{
        *service = (struct service){.directory = "/tmp/ekiden-test-XXXXXX"};
        cr_assert(mkdtemp(service->directory));
        setenv("EKIDEN_RUNTIME_DIR", service->directory, 1);
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        service->keeper = process_keeper(&service->keeper_pipe);
        cr_assert_gt(service->keeper, 0);
}

struct service service_start(const char *binary, unsigned int deadline_ms)
{
        const char *const arguments[] = {binary, NULL};
        struct service service;
        char line[32];
        int output[2];

        service_prepare(&service);
        snprintf(line, sizeof(line), "%u", deadline_ms);
        setenv("PROBE_DEADLINE_MS", line, 1);
        /* What lies in malloc()'s caches would count as in use. */
        setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", 1);
        cr_assert_eq(pipe2(output, O_CLOEXEC), 0);
        service.pid = process_start(arguments, service.keeper, output[1], -1);
        cr_assert_gt(service.pid, 0, "cannot start %s", binary);
        close(output[1]);
        cr_assert_gt(read(output[0], line, sizeof(line) - 1), 0, "%s did not start", binary);
        close(output[0]);
        service.port = atoi(line);
        return service;
}

void service_end(struct service *service)
{
        close(service->keeper_pipe);
        waitpid(service->keeper, NULL, 0);
        while (waitpid(-1, NULL, WNOHANG) > 0)
                ;
}

bool wait_until_gone(pid_t pid)
{
        for (int i = 0; i < TRIES; i++) {
                pid_t reaped = waitpid(pid, NULL, WNOHANG);

                if (reaped == pid || (reaped < 0 && kill(pid, 0) < 0 && errno == ESRCH))
                        return true;
                nap();
        }
        return false;
}

void service_stop(struct service *service)
{
        struct answer answer = service_ask(service);
        char path[128];

        kill(answer.pid, SIGTERM);
        cr_assert(wait_until_gone(answer.pid));
        service_end(service);
        cr_assert_eq(count_sockets(service), 1,
                     "%zu control sockets are left, not only that of "
                     "the process that was terminated",
                     count_sockets(service));
        snprintf(path, sizeof(path), "%s/probe.%d", service->directory, (int)answer.pid);
        unlink(path);
        cr_assert_eq(rmdir(service->directory), 0);
}

static int connect_to(int port)
{
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
        const struct timeval patience = {.tv_sec = 20};
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0,
                     "nobody listens");
        return fd;
}

struct answer service_tell(struct service *service, const char *command)
{
        struct answer answer = {0};
        unsigned long long asked, records;
        char line[128] = "";
        int fd = connect_to(service->port);

        dprintf(fd, "%s\n", command);
        cr_assert_gt(recv(fd, line, sizeof(line) - 1, 0), 0, "nobody answers");
        close(fd);
        cr_assert_eq(sscanf(line, "%d %d %llu %zu %d %llu", &answer.pid, &answer.version, &asked,
                            &answer.heap_bytes, &answer.descriptors, &records),
                     6, "not an answer: %s", line);
        answer.asked = asked;
        answer.records = records;
        service->pid = answer.pid;
        return answer;
}

struct answer service_ask(struct service *service)
{
        return service_tell(service, "ask");
}

static size_t count_entries(const char *path)
{
        DIR *directory = opendir(path);
        size_t count = 0;

        cr_assert(directory, "cannot read %s", path);
        for (struct dirent *entry; (entry = readdir(directory));)
                if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
                        count++;
        closedir(directory);
        return count;
}

size_t count_sockets(const struct service *service)
{
        return count_entries(service->directory);
}

void service_settle(struct service *service)
{
        size_t children = 1;

        /* An answer shows that it went through an update point since: in the first it may only have
           begun with what was asked of it. */
        for (int i = 0; i < TRIES && (i < 2 || children > 0); i++) {
                service_ask(service);
                children = count_children(service->pid);
                if (children > 0)
                        nap();
        }
        cr_expect_eq(children, 0, "the successor was not ended");
}

void service_settle_quietly(const struct service *service)
{
        for (int i = 0; i < TRIES && count_children(service->pid) > 0; i++)
                nap();
        cr_expect_eq(count_children(service->pid), 0, "the successor was not ended");
}

static void await_state(pid_t pid, char state)
{
        char path[64], is = '?';

        snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
        for (int i = 0; i < TRIES && is != state; i++) {
                FILE *file = fopen(path, "re");

                cr_assert(file, "cannot read %s", path);
                if (fscanf(file, "%*d (%*[^)]) %c", &is) != 1)
                        is = '?';
                fclose(file);
                if (is != state)
                        nap();
        }
        cr_assert_eq(is, state, "it is in state %c", is);
}

/* One that was stopped amid its update point would go on with what it had seen before. */
void service_freeze(struct service *service)
{
        service_ask(service);
        await_state(service->pid, 'S');
        kill(service->pid, SIGSTOP);
        await_state(service->pid, 'T');
}

size_t count_children(pid_t pid)
{
        char path[64];
        size_t count = 0;
        FILE *file;
        int child;

        snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
        file = fopen(path, "re");
        cr_assert(file, "cannot read %s", path);
        while (fscanf(file, "%d", &child) == 1)
                count++;
        fclose(file);
        return count;
}
