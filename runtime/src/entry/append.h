/* SPDX-License-Identifier: MIT */
/* Sentences that are put together from parts; what does not fit is cut. */
#pragma once

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static inline void ek_append(char *text, size_t size_bytes, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

static inline void ek_append(char *text, size_t size_bytes, const char *format, ...)
{
        size_t length = strlen(text);
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(text + length, size_bytes - length, format, arguments);
        va_end(arguments);
}
