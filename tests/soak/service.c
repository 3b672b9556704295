/* SPDX-License-Identifier: MIT */
/* See service.h. */
#include "service.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SETTLE_MS 40000 /* longer than a client's own patience */

extern char **environ;

static bool failed(const char *what)
{
        fprintf(stderr, "soak: %s: %s\n", what, strerror(errno));
        return false;
}

static bool start_server(struct service *service, const char *binary)
{
        const char *arguments[] = {binary, NULL};
        posix_spawn_file_actions_t actions;
        char line[32] = "";
        int ends[2], result;
        FILE *output;

        if (pipe2(ends, O_CLOEXEC) < 0)
                return failed("pipe");
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
        result = posix_spawn(&service->pid, binary, &actions, NULL, (char **)(uintptr_t)arguments,
                             environ);
        posix_spawn_file_actions_destroy(&actions);
        close(ends[1]);
        output = fdopen(ends[0], "r");
        if (result != 0 || !output || !fgets(line, sizeof(line), output)) {
                errno = result != 0 ? result : EIO;
                service->pid = result != 0 ? 0 : service->pid;
                if (output)
                        fclose(output);
                return failed(binary);
        }
        fclose(output);
        service->port = atoi(line);
        return true;
}

bool service_start(struct service *service, const char *binary, unsigned int clients,
                   unsigned int pace_us)
{
        *service = (struct service){.client_count = clients};
        strcpy(service->directory, "/tmp/ekiden-soak-XXXXXX");
        if (!mkdtemp(service->directory)) {
                service->directory[0] = '\0';
                return failed("cannot make a directory");
        }
        if (setenv("EKIDEN_RUNTIME_DIR", service->directory, 1) < 0 ||
            prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
                return failed("cannot prepare");
        service->shared = mmap(NULL, sizeof(*service->shared), PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (service->shared == MAP_FAILED) {
                service->shared = NULL;
                return failed("mmap");
        }
        service->shared->control.pace_us = pace_us;
        if (!start_server(service, binary))
                return false;
        for (unsigned int i = 0; i < clients; i++)
                if (client_start(&service->shared->clients[i], &service->shared->control,
                                 service->port, i + 1) < 0)
                        return failed("fork");
        return true;
}

void service_reap(void)
{
        while (waitpid(-1, NULL, WNOHANG) > 0)
                ;
}

unsigned int service_settle(struct service *service)
{
        const struct timespec a_moment = {.tv_nsec = 10000000};
        unsigned int unhappy = 0;

        service->shared->control.stop = 1;
        for (unsigned int i = 0; i < service->client_count; i++) {
                const struct client *client = &service->shared->clients[i];

                for (int ms = 0;
                     ms < SETTLE_MS && !__atomic_load_n(&client->is_done, __ATOMIC_ACQUIRE);
                     ms += 10)
                        nanosleep(&a_moment, NULL);
                if (client->is_done && !client->complaint[0])
                        continue;
                unhappy++;
                fprintf(stderr, "soak: client %u: %s\n", i + 1,
                        client->complaint[0] ? client->complaint : "it never came to an end");
        }
        service_reap();
        return unhappy;
}

bool service_hold(struct service *service, bool hold)
{
        const struct timespec a_moment = {.tv_nsec = 1000000};

        __atomic_store_n(&service->shared->control.hold, hold, __ATOMIC_RELAXED);
        for (unsigned int i = 0; i < service->client_count; i++) {
                const struct client *client = &service->shared->clients[i];
                int ms = 0;

                while (__atomic_load_n(&client->is_held, __ATOMIC_ACQUIRE) != hold) {
                        if (ms++ == SETTLE_MS || client->is_done)
                                return false;
                        nanosleep(&a_moment, NULL);
                }
        }
        return true;
}

uint64_t service_acknowledged(const struct service *service)
{
        uint64_t sum = 0;

        for (unsigned int i = 0; i < service->client_count; i++)
                sum += __atomic_load_n(&service->shared->clients[i].acknowledged, __ATOMIC_RELAXED);
        return sum;
}

void service_latencies(const struct service *service, enum window window,
                       struct histogram *ret_histogram)
{
        memset(ret_histogram, 0, sizeof(*ret_histogram));
        for (unsigned int i = 0; i < service->client_count; i++)
                histogram_merge(ret_histogram, &service->shared->clients[i].latencies[window]);
}

/* Clients, the server, and whatever an upgrade that failed has left. */
static void kill_children(void)
{
        char path[64];
        int child;
        FILE *file;

        snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
        file = fopen(path, "re");
        while (file && fscanf(file, "%d", &child) == 1)
                kill(child, SIGKILL);
        if (file)
                fclose(file);
}

static bool remove_directory(const char *path)
{
        DIR *directory = opendir(path);
        const struct dirent *entry;

        while (directory && (entry = readdir(directory)))
                unlinkat(dirfd(directory), entry->d_name, 0);
        if (directory)
                closedir(directory);
        return rmdir(path) == 0 || failed(path);
}

bool service_end(struct service *service)
{
        /* Those of a process that ends are ours then. */
        do
                kill_children();
        while (waitpid(-1, NULL, 0) > 0);
        if (service->shared)
                munmap(service->shared, sizeof(*service->shared));
        service->shared = NULL;
        return !service->directory[0] || remove_directory(service->directory);
}
