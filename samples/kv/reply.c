/* SPDX-License-Identifier: MIT */
#include "reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void say_number(struct connection *connection, char kind, int64_t number)
{
        char room[NUMBER_SIZE], line[NUMBER_SIZE + 3];
        struct text digits = text_from_integer(number, room);

        line[0] = kind;
        memcpy(line + 1, digits.bytes, digits.size);
        memcpy(line + 1 + digits.size, "\r\n", 2);
        connection_say(connection, line, digits.size + 3);
}

void reply_simple(struct connection *connection, const char *word)
{
        char line[64];
        int size = snprintf(line, sizeof(line), "+%s\r\n", word);

        if (size > 0 && (size_t)size < sizeof(line))
                connection_say(connection, line, (size_t)size);
}

void reply_error(struct connection *connection, const char *format, ...)
{
        char line[1024] = "-";
        va_list arguments;
        size_t size;

        va_start(arguments, format);
        vsnprintf(line + 1, sizeof(line) - 2, format, arguments);
        va_end(arguments);
        size = strlen(line);
        for (size_t i = 1; i < size; i++)
                if (line[i] == '\r' || line[i] == '\n')
                        line[i] = ' ';
        memcpy(line + size, "\r\n", 2);
        connection_say(connection, line, size + 2);
}

void reply_integer(struct connection *connection, int64_t number)
{
        say_number(connection, ':', number);
}

void reply_bulk(struct connection *connection, struct text text)
{
        say_number(connection, '$', (int64_t)text.size);
        connection_say(connection, text.bytes, text.size);
        connection_say(connection, "\r\n", 2);
}

void reply_null(struct connection *connection)
{
        connection_say(connection, "$-1\r\n", 5);
}

void reply_array(struct connection *connection, size_t count)
{
        say_number(connection, '*', (int64_t)count);
}
