/* SPDX-License-Identifier: MIT */
/*
 * The check for locks that are held across update points: there where libekiden-locks.so was loaded
 * ahead of the program, which knows of every lock that a thread holds.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/** Whether it is loaded. */
bool ek_locks_are_checked(void);

/** What the calling thread holds, the last one taken: "a mutex, taken in take_job+0x1c (server)".
    false: nothing, or it is not known. */
bool ek_locks_held(char *ret_text, size_t size_bytes);
