/* SPDX-License-Identifier: MIT */
/* What property.py writes a table of, for property.c. */
#pragma once

#include <ekiden/hop.h>

struct pair {
        const char *name; /* NULL: the end */
        const struct ekiden_hop_table *up, *down;
};

extern const struct pair pairs[];
