/* SPDX-License-Identifier: MIT */
/* See target.h. */
#include "target.h"

#include <stdio.h>
#include <stdlib.h>

void target_fail(const char *file, int line, const char *what)
{
        fprintf(stderr, "%s:%d: this does not hold: %s\n", file, line, what);
        abort();
}

static size_t successes;

void target_succeeded(void)
{
        successes++;
}

size_t target_successes(void)
{
        return successes;
}
