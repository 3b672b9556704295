/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void ek_text_init(struct ek_text *text, struct ek_memory *arena)
{
        *text = (struct ek_text){.arena = arena};
}

static void text_reserve(struct ek_text *text, size_t length)
{
        size_t size = text->size == 0 ? 256 : text->size;
        char *bytes;

        if (length > SIZE_MAX / 4 - text->length)
                ek_die("memory ran out");
        if (text->bytes != NULL && text->length + length < text->size)
                return;
        while (size <= text->length + length)
                size *= 2;
        bytes = ek_memory_alloc(text->arena, size, 1);
        if (text->length > 0)
                memcpy(bytes, text->bytes, text->length);
        text->bytes = bytes;
        text->size = size;
}

void ek_text_add(struct ek_text *text, const char *bytes, size_t length)
{
        text_reserve(text, length);
        if (length > 0)
                memcpy(text->bytes + text->length, bytes, length);
        text->length += length;
        text->bytes[text->length] = '\0';
}

void ek_text_add_string(struct ek_text *text, const char *string)
{
        ek_text_add(text, string, strlen(string));
}

void ek_text_add_spaces(struct ek_text *text, size_t count)
{
        while (count-- > 0)
                ek_text_add(text, " ", 1);
}

void ek_text_add_hex(struct ek_text *text, const uint8_t *bytes, size_t count, size_t per_line,
                     size_t indent)
{
        for (size_t i = 0; i < count; i++) {
                if (i > 0 && i % per_line == 0) {
                        ek_text_add_string(text, "\n");
                        ek_text_add_spaces(text, indent);
                }
                ek_text_printf(text, "0x%02x%s", bytes[i],
                               i + 1 == count            ? ""
                               : (i + 1) % per_line == 0 ? ","
                                                         : ", ");
        }
}

void ek_text_printf(struct ek_text *text, const char *format, ...)
{
        va_list arguments;
        int length;

        va_start(arguments, format);
        length = vsnprintf(NULL, 0, format, arguments);
        va_end(arguments);
        if (length < 0)
                ek_die("a text could not be formatted");
        text_reserve(text, (size_t)length);
        va_start(arguments, format);
        vsnprintf(text->bytes + text->length, (size_t)length + 1, format, arguments);
        va_end(arguments);
        text->length += (size_t)length;
}
