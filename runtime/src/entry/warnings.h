/* SPDX-License-Identifier: MIT */
/* What the operator is to be warned of before an upgrade: a sentence each. */
#pragma once

#include <stddef.h>

#define EK_WARNINGS_MAX 8
#define EK_WARNING_SIZE 512 /* bytes, with the NUL */

struct ek_warnings {
        char sentences[EK_WARNINGS_MAX][EK_WARNING_SIZE];
        char *pointers[EK_WARNINGS_MAX];
        size_t count;
};

/** Room for one more, of EK_WARNING_SIZE bytes; NULL: there are too many. */
char *ek_warning_add(struct ek_warnings *warnings);

/** All that there is reason for; by the main thread. */
void ek_warnings_gather(struct ek_warnings *ret_warnings);
