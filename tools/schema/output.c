/* SPDX-License-Identifier: MIT */
/* See output.h. */
#include "output.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../src/text.h"

static void print_line(struct ek_memory *arena, FILE *stream, const char *line, size_t length)
{
        char *copy = ek_memory_alloc(arena, length + 1, 1);
        char *clean = ek_memory_alloc(arena, length + 1, 1);

        memcpy(copy, line, length);
        fprintf(stream, "%s\n", text_clean(copy, TEXT_PRINTABLE, clean, length + 1));
}

void output_lines(struct ek_memory *arena, FILE *stream, const char *lines)
{
        while (*lines != '\0') {
                const char *end = strchrnul(lines, '\n');

                print_line(arena, stream, lines, (size_t)(end - lines));
                lines = *end == '\n' ? end + 1 : end;
        }
}

void output_error(struct ek_memory *arena, const char *format, ...)
{
        va_list arguments;
        char *sentence;

        va_start(arguments, format);
        if (vasprintf(&sentence, format, arguments) < 0)
                ek_die("memory ran out");
        va_end(arguments);
        output_lines(arena, stderr, ek_memory_printf(arena, "ekiden-schema: %s", sentence));
        free(sentence);
}
