/* SPDX-License-Identifier: MIT */
/*
 * Nothing in here waits while an upgrade is under way, so that the caller's clients can go on
 * talking in the same thread.
 */
#include "service.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "processes.h"

#define START_TIMEOUT_MS 20000

static bool fail(struct service *service, const char *what)
{
        snprintf(service->sentence, sizeof(service->sentence), "%s: %s", what, strerror(errno));
        return false;
}

static void wait_a_little(void)
{
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

static int open_output(const struct service *service, const char *name)
{
        char path[128];

        snprintf(path, sizeof(path), "%s/%s", service->directory, name);
        return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static bool start_server(struct service *service, const char *binary)
{
        const char *const arguments[] = {binary, "0", NULL};
        int output = open_output(service, "output");
        int errors = open_output(service, "errors");

        service->pid = process_start(arguments, service->keeper, output, errors);
        close(output);
        close(errors);
        return service->pid > 0 || fail(service, binary);
}

static bool await_port(struct service *service)
{
        uint64_t end = clock_ns() + START_TIMEOUT_MS * UINT64_C(1000000);

        while (clock_ns() < end && waitpid(service->pid, NULL, WNOHANG) == 0) {
                char *output = service_read(service, "output");
                bool is_there = output && strchr(output, '\n') &&
                                sscanf(output, "listening on 127.0.0.1:%u", &service->port) == 1;

                free(output);
                if (is_there)
                        return true;
                wait_a_little();
        }
        errno = ETIMEDOUT;
        return fail(service, "the server does not listen");
}

bool service_start(struct service *service, const char *binary, const char *tool)
{
        *service = (struct service){.keeper_pipe = -1, .tool = tool};
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        strcpy(service->directory, "/tmp/ekiden-sample-XXXXXX");
        if (!mkdtemp(service->directory)) {
                service->directory[0] = '\0';
                return fail(service, "mkdtemp");
        }
        if (setenv("EKIDEN_RUNTIME_DIR", service->directory, 1) < 0)
                return fail(service, "setenv");
        service->keeper = process_keeper(&service->keeper_pipe);
        if (service->keeper < 0)
                return fail(service, "fork");
        return start_server(service, binary) && await_port(service);
}

bool service_upgrade(struct service *service, const char *binary, const char *option, int output)
{
        char pid[16];
        const char *arguments[5] = {service->tool, option, pid, binary, NULL};
        const char *const *first = arguments;

        snprintf(pid, sizeof(pid), "%d", (int)service->pid);
        if (!option) {
                arguments[1] = service->tool;
                first++;
        }
        service->predecessor_left = false;
        service->tool_status = 0;
        service->tool_pid = process_start(first, -1, output, output);
        if (service->tool_pid < 0) {
                service->tool_pid = 0;
                return fail(service, service->tool);
        }
        return true;
}

bool service_signal(struct service *service)
{
        service->predecessor_left = false;
        service->tool_status = 0;
        return kill(service->pid, SIGUSR2) == 0 || fail(service, "kill");
}

/* Whether the process has ended; its status is as a shell would give it. */
static bool has_ended(pid_t pid, int *ret_status)
{
        int status;

        if (waitpid(pid, &status, WNOHANG) != pid)
                return false;
        *ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        return true;
}

enum service_progress service_progress(struct service *service)
{
        int status;
        pid_t successor;

        if (!service->predecessor_left && has_ended(service->pid, &status)) {
                service->predecessor_left = true;
                if (status != 0) {
                        snprintf(service->sentence, sizeof(service->sentence),
                                 "the predecessor ended with status %d", status);
                        service->tool_status = service->tool_status ? service->tool_status : -1;
                        return SERVICE_FAILED;
                }
        }
        if (service->tool_pid > 0 && has_ended(service->tool_pid, &service->tool_status))
                service->tool_pid = 0;
        if (service->tool_status != 0) {
                snprintf(service->sentence, sizeof(service->sentence),
                         "ekiden-upgrade ended with status %d", service->tool_status);
                return SERVICE_FAILED;
        }
        if (service->tool_pid > 0 || !service->predecessor_left)
                return SERVICE_UNDER_WAY;
        successor = process_alone_in(service->keeper, service->pid);
        if (successor == 0)
                return SERVICE_UNDER_WAY;
        service->pid = successor;
        return SERVICE_UPGRADED;
}

enum service_progress service_wait(struct service *service, unsigned int timeout_ms)
{
        uint64_t end = clock_ns() + timeout_ms * UINT64_C(1000000);
        enum service_progress progress;

        while ((progress = service_progress(service)) == SERVICE_UNDER_WAY && clock_ns() < end)
                wait_a_little();
        if (progress == SERVICE_UNDER_WAY)
                strcpy(service->sentence, "the upgrade does not end");
        return progress;
}

int service_count_descriptors(const struct service *service)
{
        char path[64];
        DIR *directory;
        int count = 0;

        snprintf(path, sizeof(path), "/proc/%d/fd", (int)service->pid);
        directory = opendir(path);
        if (!directory)
                return -1;
        for (struct dirent *entry; (entry = readdir(directory));)
                count += entry->d_name[0] != '.';
        closedir(directory);
        return count;
}

char *service_read(const struct service *service, const char *name)
{
        char path[128], *text = NULL;
        size_t size = 0;
        FILE *file;

        snprintf(path, sizeof(path), "%s/%s", service->directory, name);
        file = fopen(path, "re");
        if (!file)
                return NULL;
        if (getdelim(&text, &size, '\0', file) < 0) {
                free(text);
                text = strdup("");
        }
        fclose(file);
        return text;
}

static void remove_directory(const char *path)
{
        DIR *directory = opendir(path);

        if (!directory)
                return;
        for (struct dirent *entry; (entry = readdir(directory));)
                if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
                        unlinkat(dirfd(directory), entry->d_name, 0);
        closedir(directory);
        rmdir(path);
}

/* Waits for our own children in the keeper's group; those that were orphaned meanwhile are, too. */
static void reap_group(pid_t group)
{
        uint64_t end = clock_ns() + START_TIMEOUT_MS * UINT64_C(1000000);
        pid_t pid;

        while ((pid = waitpid(-group, NULL, WNOHANG)) >= 0 && clock_ns() < end)
                if (pid == 0)
                        wait_a_little();
}

void service_stop(struct service *service)
{
        if (service->tool_pid > 0) {
                kill(service->tool_pid, SIGKILL);
                waitpid(service->tool_pid, NULL, 0);
        }
        if (service->keeper_pipe >= 0)
                close(service->keeper_pipe);
        if (service->keeper > 0)
                reap_group(service->keeper);
        if (service->directory[0])
                remove_directory(service->directory);
        *service = (struct service){.keeper_pipe = -1};
}
