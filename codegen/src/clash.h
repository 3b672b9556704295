/* SPDX-License-Identifier: MIT */
/*
 * Finds names that differ in the .proto file and are one in C. The C compiler would say so too, but
 * in a file that nobody wrote.
 */
#pragma once

#include "problem.h"

struct ek_clash {
        struct ek_memory *arena;
        struct ek_clash_name *list;
        size_t count, size;
};

/** Adds a name of C, and what has it: `field "id"`, to be told at the place. */
void ek_clash_add(struct ek_clash *clash, const char *c_name, const char *what,
                  const struct ek_place *place);

/** Reports every name but the first of those that are the same, and starts anew. */
void ek_clash_report(struct ek_clash *clash, struct ek_problems *problems);
