/* SPDX-License-Identifier: MIT */
/* See standing.h. */
#include "standing.h"

#include <stdio.h>
#include <sys/stat.h>

/* The line "Uid:" has the real and the effective user first (proc(5)). */
static bool read_user(pid_t pid, uid_t *ret_user)
{
        char path[32], line[128];
        unsigned int user;
        bool is_known = false;
        FILE *status;

        snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
        status = fopen(path, "re");
        while (status && !is_known && fgets(line, sizeof(line), status))
                is_known = sscanf(line, "Uid: %*u %u", &user) == 1;
        if (status)
                fclose(status);
        if (is_known)
                *ret_user = user;
        return is_known;
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
