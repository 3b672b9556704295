/* SPDX-License-Identifier: MIT */
/*
 * Which file a process runs, whatever it is called by now: a new version is often moved to the name
 * of the old one, so names tell nothing.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct running_file {
        bool known; /* it could be looked at */
        dev_t device;
        ino_t inode;
};

/** The file at a path. */
struct running_file running_file_at(const char *path);

/** The file that a process executes; not known of one that is gone, or another user's. */
struct running_file running_file_of(pid_t pid);

/** The path of the file that a process executes, fit to be printed; "another file": it is not
    known. Returns it. */
char *running_file_path(pid_t pid, char *ret_path, size_t size_bytes);

/** Whether both are known, and the same. */
bool running_file_is_same(const struct running_file *one, const struct running_file *other);
