/* SPDX-License-Identifier: MIT */
/*
 * Threads that the program never registered: of a library, or forgotten. Nobody stops them, so the
 * operator is told of them before an upgrade.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include <ekiden/error.h>

#include "entry/warnings.h"

struct ek_stranger {
        pid_t tid;
        char name[EKIDEN_NAME_MAX + 1]; /* the kernel's; on a line */
};

/** Those of this process, EKIDEN_THREADS_MAX at most, to be freed with free(). NULL: there are
    none, or they cannot be told. */
struct ek_stranger *ek_strangers(size_t *ret_count);

/** Those that threads are a reason for; by the main thread, without the lock. Where somebody else
    starts the successor, this process may be in a sandbox whose filter ends who looks at /proc, and
    strangers are not looked for. */
void ek_threads_warn(struct ek_warnings *warnings);
