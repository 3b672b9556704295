/* SPDX-License-Identifier: MIT */
/*
 * Comments of the .proto file, carried over. Whatever stands in them, they stay comments, and their
 * lines stay as they are, unless they are too long.
 */
#include <string.h>

#include "emit.h"

#define PREFIX " * "

/* Columns of the first character of `text`, whose bytes are *ret_length. */
static size_t character_columns(const char *text, size_t *ret_length)
{
        unsigned char first = (unsigned char)text[0];
        size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

        for (size_t i = 1; i < length; i++)
                if (((unsigned char)text[i] & 0xc0) != 0x80)
                        length = i;
        *ret_length = length;
        return first < 0xe1 ? 1 : 2; /* from U+1000 on they may be wide */
}

/* One line of the comment without what must not stand in a C comment, and without spaces at its
 * end. */
static char *clean_line(struct ek_memory *arena, const char *line, size_t length)
{
        char *clean = ek_memory_alloc(arena, 2 * length + 1, 1);
        size_t used = 0;

        for (size_t i = 0; i < length; i++) {
                unsigned char c = (unsigned char)line[i];
                char last = used > 0 ? clean[used - 1] : '\0';

                if ((c == '/' && (last == '*' || used == 0)) || (c == '*' && last == '/') ||
                    (c == '?' && last == '?'))
                        clean[used++] = ' ';
                if (c == '\t')
                        clean[used++] = ' ';
                else if (c >= ' ' && c != 0x7f)
                        clean[used++] = line[i];
        }
        while (used > 0 && (clean[used - 1] == ' ' || clean[used - 1] == '\\'))
                used--;
        clean[used] = '\0';
        return clean;
}

/* How much of `text` goes on a line: to the last space that is not too far to the right. */
static size_t fitting_length(const char *text)
{
        size_t columns = strlen(PREFIX), fitting = 0, i = 0, length;

        for (; text[i] != '\0'; i += length) {
                if (text[i] == ' ' && i > 0 && text[i - 1] != ' ')
                        fitting = i;
                columns += character_columns(text + i, &length);
                if (columns > EK_EMIT_COLUMNS && strspn(text, " ") < fitting)
                        return fitting;
        }
        return i;
}

void ek_emit_comment_line(struct ek_text *out, const char *line)
{
        if (*line == '\0')
                ek_text_add_string(out, " *");
        while (*line != '\0') {
                size_t length = fitting_length(line);

                ek_text_add_string(out, PREFIX);
                ek_text_add(out, line, length);
                line += length;
                line += strspn(line, " ");
                if (*line != '\0')
                        ek_text_add_string(out, "\n");
        }
}

void ek_emit_comment(struct ek_text *out, const char *comment)
{
        size_t end = comment != NULL ? strlen(comment) : 0;

        while (end > 0 && strchr(" \t\r\n", comment[end - 1]) != NULL)
                end--;
        for (size_t i = 0; i < end;) {
                size_t length = strcspn(comment + i, "\n");
                const char *line = comment + i;

                length = length > end - i ? end - i : length;
                i += length + 1;
                if (length > 0 && *line == ' ') { /* the one behind "//" */
                        line++;
                        length--;
                }
                ek_emit_comment_line(out, clean_line(out->arena, line, length));
                ek_text_add_string(out, "\n");
        }
}

void ek_emit_begin_comment(struct ek_text *out, const struct ek_place *place)
{
        size_t length;

        ek_text_add_string(out, "\n/**\n");
        length = out->length;
        ek_emit_comment(out, ek_place_comment(place));
        if (out->length > length)
                ek_text_add_string(out, " *\n");
}
