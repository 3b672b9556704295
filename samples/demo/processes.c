/* SPDX-License-Identifier: MIT */
/*
 * A successor is started by its predecessor, so only /proc tells who it is. It is in the process
 * group of the first server, and when the predecessor leaves, it is ours to wait for.
 */
#include "processes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void keep(int pipe)
{
        char byte;

        setpgid(0, 0);
        dup2(pipe, 0);
        close_range(3, ~0U, 0);
        while (read(0, &byte, 1) != 0)
                ;
        kill(0, SIGKILL);
        _exit(0);
}

pid_t process_keeper(int *ret_pipe)
{
        int ends[2];
        pid_t pid;

        if (pipe2(ends, O_CLOEXEC) < 0)
                return -1;
        pid = fork();
        if (pid == 0)
                keep(ends[0]);
        close(ends[0]);
        if (pid < 0) {
                close(ends[1]);
                return -1;
        }
        setpgid(pid, pid);
        *ret_pipe = ends[1];
        return pid;
}

pid_t process_start(const char *const arguments[], pid_t group, int output, int errors)
{
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        pid_t pid;
        int result;

        posix_spawn_file_actions_init(&actions);
        posix_spawnattr_init(&attributes);
        if (output >= 0)
                posix_spawn_file_actions_adddup2(&actions, output, 1);
        if (errors >= 0)
                posix_spawn_file_actions_adddup2(&actions, errors, 2);
        posix_spawn_file_actions_addclosefrom_np(&actions, 3);
        if (group >= 0) {
                posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
                posix_spawnattr_setpgroup(&attributes, group);
        }
        result = posix_spawn(&pid, arguments[0], &actions, &attributes,
                             (char *const *)(uintptr_t)arguments, environ);
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
        if (result != 0) {
                errno = result;
                return -1;
        }
        return pid;
}

/* Whether the process is in the group and has not ended. */
static bool is_alive_in(const char *pid, pid_t group)
{
        char path[64], text[512] = "";
        char state;
        int its_group;
        FILE *file;

        snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
        file = fopen(path, "re");
        if (!file)
                return false;
        if (!fgets(text, sizeof(text), file))
                text[0] = '\0';
        fclose(file);
        return strrchr(text, ')') &&
               sscanf(strrchr(text, ')') + 1, " %c %*d %d", &state, &its_group) == 2 &&
               its_group == group && state != 'Z' && state != 'X';
}

int process_count_in(pid_t group, pid_t other, pid_t *ret_last)
{
        DIR *directory = opendir("/proc");
        struct dirent *entry;
        int count = 0;

        if (!directory)
                return -1;
        while ((entry = readdir(directory))) {
                pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

                if (pid > 0 && pid != group && pid != other && is_alive_in(entry->d_name, group)) {
                        if (ret_last)
                                *ret_last = pid;
                        count++;
                }
        }
        closedir(directory);
        return count;
}

pid_t process_alone_in(pid_t group, pid_t other)
{
        pid_t found = 0;

        return process_count_in(group, other, &found) == 1 ? found : 0;
}
