/* SPDX-License-Identifier: MIT */
/* Texts in rows and columns that line up: the first column to the left, all others to the right. */
#pragma once

#include <stddef.h>
#include <stdio.h>

struct table {
        size_t columns;
        char **cells; /* row by row */
        size_t count, capacity;
        int error; /* the first one; 0: none */
};

/** Adds a cell, copied; the row ends when it has all its columns. NULL is an empty one. Where
 * memory runs out the table stays short, and table_print() says so. */
void table_add(struct table *table, const char *text);

/** Prints it, each row behind `indent` spaces, and empties it: 0 or ENOMEM. A column that is empty
 *  but for its head, in the first row, is left out. */
int table_print(struct table *table, FILE *out, int indent);
