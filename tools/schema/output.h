/* SPDX-License-Identifier: MIT */
/*
 * What a person reads, on stdout and stderr: schemas, headers and lock files come from elsewhere,
 * and what they hold must not move anybody's cursor.
 */
#pragma once

#include <stdio.h>

#include "memory.h"

/** Prints lines; what is no text in them becomes '?'. */
void output_lines(struct ek_memory *arena, FILE *stream, const char *lines);

/** Prints one line to stderr, with the program's name before it. */
void output_error(struct ek_memory *arena, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
