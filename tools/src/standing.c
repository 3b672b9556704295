/* SPDX-License-Identifier: MIT */
/* See standing.h. */
#include "standing.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire/cleanup.h"

/* The line "Uid:" has the real and the effective user first (proc(5)); it stands in the beginning.
 */
static bool read_user(pid_t pid, uid_t *ret_user)
{
        char path[32], text[1024], *line, *end;
        ek_auto_close int fd = -1;
        ssize_t length;

        snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        length = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
        if (length <= 0)
                return false;
        text[length] = '\0';
        line = strstr(text, "\nUid:");
        if (!line)
                return false;
        (void)strtoul(line + strlen("\nUid:"), &end, 10);
        *ret_user = (uid_t)strtoul(end, &line, 10);
        return line != end;
}

struct standing standing_of(pid_t pid)
{
        struct standing standing = {0};
        struct stat root;
        char path[32];

        standing.knows_user = read_user(pid, &standing.user);
        snprintf(path, sizeof(path), "/proc/%d/root", (int)pid);
        standing.knows_root = stat(path, &root) == 0;
        if (standing.knows_root) {
                standing.device = root.st_dev;
                standing.inode = root.st_ino;
        }
        return standing;
}

bool standing_is_elsewhere(const struct standing *standing)
{
        struct stat root;

        return standing->knows_root && stat("/", &root) == 0 &&
               (root.st_dev != standing->device || root.st_ino != standing->inode);
}

bool standing_has_grown(const struct standing *before, const struct standing *after,
                        char *ret_sentence, size_t size_bytes)
{
        bool is_other_user = before->knows_user && after->knows_user && before->user != after->user;
        bool is_outside =
                after->knows_root && standing_is_elsewhere(before) && !standing_is_elsewhere(after);
        char users[96] = "";

        if (is_other_user)
                snprintf(users, sizeof(users), "runs as user %u, the old one as user %u",
                         (unsigned int)after->user, (unsigned int)before->user);
        snprintf(ret_sentence, size_bytes,
                 "warning: the new process %s%s%s: does it enter its sandbox before its first "
                 "update point?",
                 users, is_other_user && is_outside ? ", and " : "",
                 is_outside ? "sees all files, the old one those in its root directory" : "");
        return is_other_user || is_outside;
}
