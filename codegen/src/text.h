/* SPDX-License-Identifier: MIT */
/*
 * A text that grows at its end, in an arena.
 */
#pragma once

#include <stdint.h>

#include "memory.h"

struct ek_text {
        struct ek_memory *arena;
        char *bytes; /* NUL-terminated; NULL while nothing was added */
        size_t length, size;
};

void ek_text_init(struct ek_text *text, struct ek_memory *arena);
void ek_text_add(struct ek_text *text, const char *bytes, size_t length);
void ek_text_add_string(struct ek_text *text, const char *string);
void ek_text_add_spaces(struct ek_text *text, size_t count);

/** Adds bytes in hexadecimal, "0x0a, 0x8b", `per_line` to a line; `indent` is that of the second.
 */
void ek_text_add_hex(struct ek_text *text, const uint8_t *bytes, size_t count, size_t per_line,
                     size_t indent);

void ek_text_printf(struct ek_text *text, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
