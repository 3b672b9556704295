/* SPDX-License-Identifier: MIT */
/* See offspring.h. */
#include "offspring.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process_state.h"
#include "wire/cleanup.h"

/* The PIDs of all children, and a space behind each; NULL: they cannot be read. */
static char *read_children(void)
{
        char path[64], *text = NULL;
        ek_auto_close int fd = -1;
        size_t used = 0, room = 0;
        ssize_t n;

        snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
        fd = open(path, O_RDONLY | O_CLOEXEC);
        do {
                char *grown = used < room ? text : realloc(text, (room += 4096) + 1);

                if (!grown) {
                        free(text);
                        return NULL;
                }
                text = grown;
                n = TEMP_FAILURE_RETRY(read(fd, text + used, room - used));
                used += n > 0 ? (size_t)n : 0;
        } while (n > 0);
        text[used] = '\0';
        return n < 0 ? (free(text), NULL) : text;
}

struct offspring offspring_expect(int socket)
{
        ek_auto_free char *children = read_children();
        struct offspring expected = {0};
        struct stat status;

        if (fstat(socket, &status) == 0) {
                expected.device = status.st_dev;
                expected.inode = status.st_ino;
        }
        /* The orphans of a whole namespace come to process 1. */
        expected.is_certain = children && !children[0] && getpid() != 1;
        return expected;
}

static bool has_open(pid_t pid, const struct offspring *expected)
{
        char path[32];
        bool is_found = false;
        struct dirent *entry;
        struct stat status;
        DIR *directory;

        snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
        directory = opendir(path);
        while (directory && !is_found && (entry = readdir(directory)))
                is_found = fstatat(dirfd(directory), entry->d_name, &status, 0) == 0 &&
                           S_ISSOCK(status.st_mode) && status.st_dev == expected->device &&
                           status.st_ino == expected->inode;
        if (directory)
                closedir(directory);
        return is_found;
}

pid_t offspring_find(const struct offspring *expected, pid_t started)
{
        ek_auto_free char *children = read_children();
        char *next = children, *end;

        for (; next; next = end) {
                pid_t pid = (pid_t)strtol(next, &end, 10);

                if (end == next)
                        break;
                if (pid != started && process_is_alive(pid) &&
                    (expected->is_certain || has_open(pid, expected)))
                        return pid;
        }
        return 0;
}
