/* SPDX-License-Identifier: MIT */
/* A line for people that is put together of figures, which have two spaces between them. */
#pragma once

#include <stddef.h>

#include "upgrade.h"

#define LINE_MAX_BYTES 1024

struct line {
        char text[LINE_MAX_BYTES];
        size_t used;
};

/** What finds no room is left out. */
void line_append(struct line *line, const char *text);

/** "  12 records": a figure, and what it is of. */
void line_append_figure(struct line *line, const char *figure, const char *unit);

/** "  12 records": the same of a number, which may be unknown. `unit`: " record". */
void line_append_count(struct line *line, const struct figure *figure, const char *unit);

/** "  96.3 KiB", which may be unknown. */
void line_append_bytes(struct line *line, const struct figure *figure);
