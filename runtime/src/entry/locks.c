/* SPDX-License-Identifier: MIT */
/* See locks.h. */
#include "entry/locks.h"

/* Of libekiden-locks.so, which need not be there: runtime/locks/. */
extern int ekiden_locks_held(char *ret_text, size_t size_bytes) __attribute__((weak));

bool ek_locks_are_checked(void)
{
        return &ekiden_locks_held != NULL;
}

bool ek_locks_held(char *ret_text, size_t size_bytes)
{
        return ek_locks_are_checked() && ekiden_locks_held(ret_text, size_bytes) > 0;
}
