/* SPDX-License-Identifier: MIT */
/* What is known of the terminal, and a line on it that can be drawn again. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "text.h"

struct terminal {
        FILE *out;
        bool live; /* it is a terminal on which a line can be drawn again */
        bool colours; /* of what goes to it; NO_COLOR is respected */
        bool utf8; /* the locale's character set */
        bool drawn; /* an unfinished line stands on it */
};

void terminal_init(struct terminal *terminal, FILE *out);

/** What may be printed on it of an untrusted text. */
enum text_allowed terminal_allowed(const struct terminal *terminal);

/** How wide it is now; 80 when it does not say. */
size_t terminal_columns(const struct terminal *terminal);

/** Draws a line over the one that is there, cut at the terminal's width. */
void terminal_draw(struct terminal *terminal, const char *line);

/** Draws it for the last time: what comes next is below it. */
void terminal_finish(struct terminal *terminal, const char *line);

/** Takes an unfinished line away. */
void terminal_clear(struct terminal *terminal);

/**
 * Prints a cleaned text and a newline, broken between words at the terminal's width; the first line
 * begins, like all others, in the column `indent`. Where it is no terminal, nothing is broken.
 */
void terminal_print_wrapped(const struct terminal *terminal, const char *text, size_t indent);

/**
 * Prints a part of a line, two spaces behind the one before; where that would be too long for the
 * terminal, on a line of its own, behind `indent` spaces. Where it is no terminal, always behind.
 *
 * @param at  the column where the line ends, which is moved on
 */
void terminal_print_part(const struct terminal *terminal, const char *text, size_t indent,
                         size_t *at);

/* Escape sequences, or "" without colours. */
const char *terminal_red(const struct terminal *terminal);
const char *terminal_green(const struct terminal *terminal);
const char *terminal_plain(const struct terminal *terminal);
