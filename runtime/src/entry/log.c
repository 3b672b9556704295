/* SPDX-License-Identifier: MIT */
/* The library's only voice: a callback of the program's. */
#include <stdarg.h>
#include <stdio.h>

#include "entry/process.h"
#include "utf8.h"

static struct {
        void (*log)(void *data, enum ekiden_log_level level, const char *message);
        void *data;
} sink;

void ekiden_set_log(void (*log)(void *data, enum ekiden_log_level level, const char *message),
                    void *data)
{
        sink.log = log;
        sink.data = data;
}

void ek_log(enum ekiden_log_level level, const char *format, ...)
{
        char message[1024];
        va_list arguments;

        if (!sink.log)
                return;
        va_start(arguments, format);
        vsnprintf(message, sizeof(message), format, arguments);
        va_end(arguments);
        ek_utf8_blank_controls(message); /* one line, whatever an operator's path has in it */
        sink.log(sink.data, level, message);
}
