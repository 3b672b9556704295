/* SPDX-License-Identifier: MIT */
/* What an export or import callback may ask of its cursor. */
#include <stdarg.h>
#include <stdio.h>

#include <ekiden/tag.h>

#include "scratch.h"

void *ekiden_cursor_alloc(struct ekiden_cursor *cursor, size_t size_bytes)
{
        return ek_scratch_alloc(cursor->scratch, size_bytes);
}

char *ekiden_cursor_printf(struct ekiden_cursor *cursor, const char *format, ...)
{
        va_list arguments;
        char *text;

        va_start(arguments, format);
        text = ek_scratch_vprintf(cursor->scratch, format, arguments);
        va_end(arguments);
        return text;
}

int ekiden_cursor_refuse(struct ekiden_cursor *cursor, const char *format, ...)
{
        char sentence[256];
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(sentence, sizeof(sentence), format, arguments);
        va_end(arguments);
        return ekiden_error_set(cursor->error, EKIDEN_EREFUSED, "record %llu: %s",
                                (unsigned long long)cursor->record, sentence);
}
