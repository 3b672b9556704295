/* SPDX-License-Identifier: MIT */
/* The library's only voice: a callback of the program's, which may be the one below. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "entry/process.h"
#include "handover/public_pid.h"
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

/* One write(2): lines of two processes do not mix. */
void ekiden_log_to_stderr(void *data, enum ekiden_log_level level, const char *message)
{
        char line[1200];
        int size;

        (void)data;
        if (level < EKIDEN_LOG_INFO)
                return;
        size = snprintf(line, sizeof(line), "%s[%d]: %s\n", program_invocation_short_name,
                        (int)ek_public_pid(), message);
        if (size > 0)
                (void)!write(STDERR_FILENO, line,
                             (size_t)size < sizeof(line) ? (size_t)size : sizeof(line) - 1);
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
        /* Text, and one line, whatever an operator's path has in it, and wherever it was cut. */
        ek_utf8_copy_line(message, sizeof(message), message);
        sink.log(sink.data, level, message);
}
