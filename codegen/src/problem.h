/* SPDX-License-Identifier: MIT */
/*
 * What is wrong with the schemas of a request, collected so that a person sees all of it at once:
 * `file:line:column: error: sentence`, in the order of files and lines.
 */
#pragma once

#include "source.h"
#include "text.h"

struct ek_problems {
        struct ek_memory *arena;
        struct ek_problem *list;
        size_t count, size;
};

void ek_problems_init(struct ek_problems *problems, struct ek_memory *arena);

/** Adds one at a place; a second one at the same place with the same sentence is dropped. */
void ek_problem(struct ek_problems *problems, const struct ek_place *place, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/** Adds one whose sentence is there already; it is not copied. */
void ek_problem_told(struct ek_problems *problems, const struct ek_place *place,
                     const char *sentence);

/** All, each on a line, without a newline at the end; NULL: there is none. */
char *ek_problems_text(struct ek_problems *problems);
