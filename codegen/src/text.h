/* SPDX-License-Identifier: MIT */
/*
 * A text that grows at its end, in an arena.
 */
#pragma once

#include "memory.h"

struct ek_text {
        struct ek_arena *arena;
        char *bytes; /* NUL-terminated; NULL while nothing was added */
        size_t length, size;
};

void ek_text_init(struct ek_text *text, struct ek_arena *arena);
void ek_text_add(struct ek_text *text, const char *bytes, size_t length);
void ek_text_add_string(struct ek_text *text, const char *string);
void ek_text_add_spaces(struct ek_text *text, size_t count);
void ek_text_printf(struct ek_text *text, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
