/* SPDX-License-Identifier: MIT */
/* Texts in rows and columns that line up: the first column to the left, all others to the right,
   unless they are said to be words. */
#pragma once

#include <stddef.h>
#include <stdio.h>

#define TABLE_DROPS_MAX 6

struct table {
        size_t columns;
        /* Where the terminal is too narrow: what is cut at its beginning, as of a path its end
           tells most; 0: nothing, as the first column has the name. And what is left out, one after
           the other; 0 ends them. */
        unsigned char shortens;
        unsigned char drops[TABLE_DROPS_MAX + 1];
        unsigned int words; /* a bit for each column that is lined up to the left as well */
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

/** As table_print(), with a label before the first row, and as many spaces before the others. */
int table_print_behind(struct table *table, FILE *out, const char *label);
