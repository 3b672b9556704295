/* SPDX-License-Identifier: MIT */
/* See exiting.h. */
#include "handover/exiting.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "wire/cleanup.h"
#include "wire/look.h"

#define STAT_SIZE 1024
#define FLAGS_FIELD 6 /* behind the first one that is behind the name */
#define EXITING 0x4 /* of the flags, PF_EXITING of the kernel */

static bool read_text(const char *path, char text[STAT_SIZE])
{
        ek_auto_close int fd = ek_look_at(path);
        ssize_t length = fd < 0 ? -1 : TEMP_FAILURE_RETRY(read(fd, text, STAT_SIZE - 1));

        text[length > 0 ? length : 0] = '\0';
        return length > 0;
}

/* What stands behind the name, which may have any characters in it; NULL: that cannot be read. */
static const char *read_stat(const char *path, char text[STAT_SIZE])
{
        const char *at = read_text(path, text) ? strrchr(text, ')') : NULL;

        return at && at[1] == ' ' ? at + 2 : NULL;
}

static bool is_thread_exiting(pid_t public_pid, const char *thread)
{
        char path[sizeof("/proc/-2147483648/task/") + NAME_MAX + sizeof("/stat")];
        char text[STAT_SIZE];
        const char *at;

        snprintf(path, sizeof(path), "/proc/%d/task/%s/stat", (int)public_pid, thread);
        at = read_stat(path, text);
        if (!at)
                return errno == ENOENT || errno == ESRCH; /* gone since it was listed */
        for (int i = 0; at && i < FLAGS_FIELD; i++)
                at = strchr(at + 1, ' ');
        return at && (strtoul(at, NULL, 10) & EXITING);
}

/* While it can be sent a signal its number is nobody else's: what was read is of this process. */
static bool is_same(int pidfd)
{
        return pidfd_send_signal(pidfd, 0, NULL, 0) == 0;
}

/* A process that was killed starts no thread any more. */
bool ek_process_is_exiting(pid_t public_pid, int pidfd)
{
        char path[sizeof("/proc/-2147483648/task")];
        size_t count = 0;
        const struct dirent *thread;
        bool is_exiting;
        DIR *threads;

        snprintf(path, sizeof(path), "/proc/%d/task", (int)public_pid);
        threads = ek_may_look() ? opendir(path) : NULL;
        if (!threads)
                return false;
        for (;;) {
                errno = 0;
                thread = readdir(threads);
                if (!thread)
                        break;
                if (thread->d_name[0] == '.')
                        continue;
                count++;
                if (!is_thread_exiting(public_pid, thread->d_name))
                        break;
        }
        is_exiting = !thread && errno == 0 && count > 0;
        closedir(threads);
        return is_exiting && is_same(pidfd);
}

/* It is the last field. */
int ek_process_wait_status(pid_t public_pid, int pidfd)
{
        char path[sizeof("/proc/-2147483648/stat")], text[STAT_SIZE];
        const char *at;

        snprintf(path, sizeof(path), "/proc/%d/stat", (int)public_pid);
        at = read_stat(path, text);
        if (!at || at[0] != 'Z')
                return 0;
        at = strrchr(at, ' ');
        return is_same(pidfd) ? (int)strtol(at, NULL, 10) : 0;
}

/* In pages, behind its size. */
uint64_t ek_process_resident_bytes(pid_t public_pid)
{
        char path[sizeof("/proc/-2147483648/statm")], text[STAT_SIZE];
        const char *at;

        snprintf(path, sizeof(path), "/proc/%d/statm", (int)public_pid);
        at = public_pid > 0 && read_text(path, text) ? strchr(text, ' ') : NULL;
        return at ? strtoull(at, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}
