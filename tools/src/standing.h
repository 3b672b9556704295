/* SPDX-License-Identifier: MIT */
/* Who a process is to the kernel, and what it sees of the file system: what a sandbox changes. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct standing {
        bool knows_user, knows_root; /* another user's root directory is for root alone to see */
        uid_t user; /* effective */
        dev_t device; /* of its root directory … */
        ino_t inode; /* … which is this */
};

/** Of a process, as it is now; nothing is known of one that is gone. */
struct standing standing_of(pid_t pid);

/**
 * Whether a successor has more than its predecessor had, as one that has forgotten its sandbox: it
 * is another user, or has the tool's root directory, and the predecessor had another.
 *
 * @param ret_sentence  for people; filled where it has
 */
bool standing_has_grown(const struct standing *before, const struct standing *after,
                        char *ret_sentence, size_t size_bytes);

/** Whether its root directory is known, and is another than the tool's own. */
bool standing_is_elsewhere(const struct standing *standing);
