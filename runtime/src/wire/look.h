/* SPDX-License-Identifier: MIT */
/*
 * Looking at what the kernel tells of this process in /proc: for warnings, sentences, figures, and
 * to be faster. Nothing hangs on it, so a process that is about to enter a sandbox looks no more: a
 * filter of system calls may end who does.
 */
#pragma once

#include <stdbool.h>

/** Opens a file for reading; -1: it cannot be, or this process looks no more. */
int ek_look_at(const char *path);

/** Whether it still does. */
bool ek_may_look(void);

/** From now on, in children too. */
void ek_look_no_more(void);
