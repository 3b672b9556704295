/* SPDX-License-Identifier: MIT */
/* Looking through all that a process can write to, for what should not be there any more. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define MARK_SIZE 24 /* bytes */

/** Writes the mark. It stands nowhere in the program as it is, so what is found was copied. */
void write_mark(char *to);

/** How often the mark is in this process's memory, the stacks of threads included. */
size_t count_marks(void);
