/* SPDX-License-Identifier: MIT */
/* See reply.h. An array is no answer to what is asked here, and is refused with all else. */
#include "reply.h"

#include <stdbool.h>
#include <string.h>

#define LINE_MOST 4096
#define BULK_MOST (INT64_C(512) << 20)

static bool read_integer(const char *text, size_t size, int64_t *ret_value)
{
        bool negative = size > 0 && text[0] == '-';
        int64_t value = 0;

        if (size == (size_t)negative || size > 18)
                return false;
        for (size_t i = negative; i < size; i++) {
                if (text[i] < '0' || text[i] > '9')
                        return false;
                value = value * 10 + (text[i] - '0');
        }
        *ret_value = negative ? -value : value;
        return true;
}

/* The bytes behind the line that announced them. */
static ssize_t read_bulk(const char *data, size_t size, size_t line, struct reply *reply)
{
        size_t bulk;

        if (reply->integer == -1) {
                reply->kind = REPLY_NIL;
                reply->size = 0;
                return (ssize_t)line;
        }
        if (reply->integer < 0 || reply->integer > BULK_MOST)
                return -1;
        bulk = (size_t)reply->integer;
        if (size < line + bulk + 2)
                return 0;
        reply->kind = REPLY_BULK;
        reply->data = data + line;
        reply->size = bulk;
        return memcmp(reply->data + bulk, "\r\n", 2) == 0 ? (ssize_t)(line + bulk + 2) : -1;
}

ssize_t reply_parse(const char *data, size_t size, struct reply *ret_reply)
{
        struct reply reply = {0};
        const char *newline;
        size_t line;
        ssize_t taken;

        if (size == 0) /* what nothing has come into yet may have no memory either */
                return 0;
        newline = memchr(data, '\n', size < LINE_MOST ? size : LINE_MOST);
        if (!newline)
                return size < LINE_MOST ? 0 : -1;
        line = (size_t)(newline - data) + 1;
        if (line < 3 || newline[-1] != '\r')
                return -1;
        reply.data = data + 1;
        reply.size = line - 3;
        taken = (ssize_t)line;
        switch (data[0]) {
        case '+':
                reply.kind = REPLY_STATUS;
                break;
        case '-':
                reply.kind = REPLY_ERROR;
                break;
        case ':':
                reply.kind = REPLY_INTEGER;
                if (!read_integer(reply.data, reply.size, &reply.integer))
                        return -1;
                break;
        case '$':
                if (!read_integer(reply.data, reply.size, &reply.integer))
                        return -1;
                taken = read_bulk(data, size, line, &reply);
                break;
        default:
                return -1;
        }
        if (taken > 0)
                *ret_reply = reply;
        return taken;
}
