/* SPDX-License-Identifier: MIT */
/* See public_pid.h. It is found once, since a process may lose sight of /proc: in a chroot, say. */
#include "handover/public_pid.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire/cleanup.h"
#include "wire/look.h"

static struct {
        pid_t caller; /* by getpid(), whose it is; 0: nobody's yet */
        pid_t pid;
} known;

/* A number that is all of the text; 0: it is none. */
static pid_t to_pid(const char *text)
{
        char *end;
        long pid;

        errno = 0;
        pid = strtol(text, &end, 10);
        return errno == 0 && end != text && !*end && pid > 0 && pid <= INT32_MAX ? (pid_t)pid : 0;
}

/* What a link of /proc ends in, behind the last slash; 0: there is none, or no number. */
static pid_t read_link(const char *path)
{
        char text[64];
        ssize_t length = ek_may_look() ? readlink(path, text, sizeof(text) - 1) : -1;
        const char *slash;

        if (length <= 0)
                return 0;
        text[length] = '\0';
        slash = strrchr(text, '/');
        return to_pid(slash ? slash + 1 : text);
}

bool ek_public_pid_find(void)
{
        pid_t caller = getpid(), before = known.pid, found = read_link("/proc/self");

        if (found == 0)
                found = known.caller == caller ? known.pid : caller;
        known.caller = caller;
        known.pid = found;
        return found != before;
}

pid_t ek_public_pid(void)
{
        if (known.caller != getpid())
                (void)ek_public_pid_find();
        return known.pid;
}

pid_t ek_public_tid(void)
{
        pid_t found = read_link("/proc/thread-self");

        return found > 0 ? found : gettid();
}

/* What /proc says of a pidfd has the PID in that /proc's own namespace. */
pid_t ek_public_pid_of(int pidfd, pid_t otherwise)
{
        char path[48], text[512];
        ek_auto_close int fd = -1;
        const char *line;
        ssize_t length;
        pid_t pid;

        snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
        if (pidfd >= 0)
                fd = ek_look_at(path);
        length = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
        if (length <= 0)
                return otherwise;
        text[length] = '\0';
        line = strstr(text, "\nPid:\t");
        if (!line)
                return otherwise;
        text[strcspn(line + 1, "\n") + (size_t)(line + 1 - text)] = '\0';
        pid = to_pid(line + strlen("\nPid:\t"));
        return pid > 0 ? pid : otherwise;
}
