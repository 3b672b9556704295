/* SPDX-License-Identifier: MIT */
/* See sweep.h. A process that lives is not even connected to: that would wake it. */
#include "entry/sweep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "entry/control_path.h"
#include "wire/cleanup.h"
#include "wire/look.h"

#define LOOKED_AT_MAX 4096 /* names, in one go */
#define REMOVED_MAX 256

/* A server may take two PIDs for each session, or a hundred. Multiples of the golden ratio lie
   evenly whatever the distance between them. */
bool ek_sweep_is_due(pid_t pid)
{
        const uint32_t golden_ratio = UINT32_C(2654435769);

        return ((uint32_t)pid * golden_ratio) >> 26 == 0;
}

/* Neither here nor in the namespace of /proc, whose PIDs are in the names. */
static bool is_gone(pid_t pid)
{
        char path[32];

        if (kill(pid, 0) == 0 || errno != ESRCH)
                return false;
        snprintf(path, sizeof(path), "/proc/%d", (int)pid);
        return faccessat(AT_FDCWD, path, F_OK, 0) < 0 && errno == ENOENT;
}

static bool is_refused(const char *path)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        ek_auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        memcpy(address.sun_path, path, strlen(path) + 1);
        return fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 &&
               errno == ECONNREFUSED;
}

void ek_sweep_away(int directory, const char *name)
{
        struct stat status;

        if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISSOCK(status.st_mode) && status.st_uid == geteuid())
                unlinkat(directory, name, 0);
}

/* Whether it was one of a process that is gone, and nobody listens. */
static bool is_left_behind(const char *directory, const char *name)
{
        bool is_hidden = name[0] == '.';
        char program[EKIDEN_NAME_MAX + 1], path[EK_CONTROL_PATH_MAX];
        pid_t pid;

        return ek_control_name_parse(name + is_hidden, program, &pid) && is_gone(pid) &&
               ek_control_path(directory, program, pid, is_hidden, path, NULL) == 0 &&
               is_refused(path) && is_gone(pid); /* nobody has got the PID meanwhile */
}

void ek_sweep(const char *directory)
{
        DIR *stream = ek_may_look() ? opendir(directory) : NULL;
        unsigned int looked_at = 0, removed = 0;
        struct dirent *entry;

        if (!stream)
                return;
        while (looked_at++ < LOOKED_AT_MAX && removed < REMOVED_MAX && (entry = readdir(stream))) {
                if (!is_left_behind(directory, entry->d_name))
                        continue;
                ek_sweep_away(dirfd(stream), entry->d_name);
                removed++;
        }
        closedir(stream);
}
