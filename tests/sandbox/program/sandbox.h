/* SPDX-License-Identifier: MIT */
/* A sandbox as servers build one for themselves, with nothing left in it that they do not need. */
#pragma once

#include <stdbool.h>

/**
 * Enters it, for good: an empty folder is all of the file system, the rights are those of nobody,
 * no process can be started, and a system call that is not in calls.h ends the process (SIGSYS).
 *
 * @param is_prepared  whether ekiden_before_sandbox() was called
 * @return 0 or -errno
 */
int sandbox_enter(const char *folder, bool is_prepared);

/** The same without the filter of system calls, and the process can go on. 0 or -errno. */
int sandbox_give_up(const char *folder);
