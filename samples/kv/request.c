/* SPDX-License-Identifier: MIT */
/*
 * The protocol is that of https://redis.io/docs/latest/develop/reference/protocol-spec/, and so
 * are the limits and what is said of those who exceed them.
 */
#include "request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARGUMENTS_KEPT 64 /* that memory is kept for from one request to the next */

struct parsing {
        struct request *request;
        uint8_t *bytes;
        size_t size;
        const char *sentence;
};

static enum request_state broken(struct parsing *parsing, const char *sentence)
{
        parsing->sentence = sentence;
        return REQUEST_BROKEN;
}

static bool add_argument(struct request *request, size_t offset, size_t size)
{
        if (request->count == request->capacity) {
                size_t capacity = request->capacity ? request->capacity * 2 : 8;
                struct text *arguments =
                        reallocarray(request->arguments, capacity, sizeof(*arguments));

                if (!arguments)
                        return false;
                request->arguments = arguments;
                request->capacity = capacity;
        }
        request->arguments[request->count++] = (struct text){(const uint8_t *)offset, size};
        return true;
}

/* A line that has come in full, without its end; `position` moves behind it. */
static enum request_state take_line(struct parsing *parsing, const char *too_long,
                                    struct text *ret_line)
{
        struct request *request = parsing->request;
        const uint8_t *first = parsing->bytes + request->position;
        size_t rest = parsing->size - request->position;
        const uint8_t *newline = rest > 0 ? memchr(first, '\n', rest) : NULL;
        size_t size = newline ? (size_t)(newline - first) : rest;

        if (size > REQUEST_LINE_MAX)
                return broken(parsing, too_long);
        if (!newline)
                return REQUEST_INCOMPLETE;
        request->position += size + 1;
        *ret_line = (struct text){first, size > 0 && newline[-1] == '\r' ? size - 1 : size};
        return REQUEST_DONE;
}

/* "*3": how many arguments there are. */
static enum request_state take_count(struct parsing *parsing)
{
        struct text line;
        int64_t count;
        enum request_state state =
                take_line(parsing, "Protocol error: too big mbulk count string", &line);

        if (state != REQUEST_DONE)
                return state;
        line.bytes++;
        line.size--;
        if (!text_to_integer(line, &count) || count > REQUEST_ARGUMENTS_MAX)
                return broken(parsing, "Protocol error: invalid multibulk length");
        parsing->request->expected = count > 0 ? (size_t)count : 0;
        return REQUEST_DONE;
}

/* "$5": how long the next argument is. */
static enum request_state take_bulk_size(struct parsing *parsing)
{
        static char sentence[64];
        struct request *request = parsing->request;
        struct text line;
        int64_t size;
        enum request_state state;

        if (request->position < parsing->size && parsing->bytes[request->position] != '$') {
                uint8_t byte = parsing->bytes[request->position];

                snprintf(sentence, sizeof(sentence), "Protocol error: expected '$', got '%c'",
                         byte >= ' ' && byte < 0x7f ? byte : '?');
                return broken(parsing, sentence);
        }
        state = take_line(parsing, "Protocol error: too big bulk count string", &line);
        if (state != REQUEST_DONE)
                return state;
        line.bytes++;
        line.size--;
        if (!text_to_integer(line, &size) || size < 0 || size > TEXT_SIZE_MAX)
                return broken(parsing, "Protocol error: invalid bulk length");
        request->bulk_size = (size_t)size;
        request->has_bulk_size = true;
        return REQUEST_DONE;
}

static enum request_state take_argument(struct parsing *parsing)
{
        struct request *request = parsing->request;

        if (!request->has_bulk_size) {
                enum request_state state = take_bulk_size(parsing);

                if (state != REQUEST_DONE)
                        return state;
        }
        if (parsing->size - request->position < request->bulk_size + 2)
                return REQUEST_INCOMPLETE;
        if (!add_argument(request, request->position, request->bulk_size))
                return REQUEST_NO_MEMORY;
        request->position += request->bulk_size + 2;
        request->has_bulk_size = false;
        return REQUEST_DONE;
}

static enum request_state take_array(struct parsing *parsing)
{
        struct request *request = parsing->request;
        enum request_state state = REQUEST_DONE;

        if (request->expected == 0) {
                state = take_count(parsing);
                if (state != REQUEST_DONE || request->expected == 0)
                        return state;
        }
        while (state == REQUEST_DONE && request->count < request->expected)
                state = take_argument(parsing);
        return state;
}

/* Inline requests: words, which may be quoted. */

static int hexadecimal(uint8_t digit)
{
        if (digit >= '0' && digit <= '9')
                return digit - '0';
        digit |= 0x20;
        return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* What stands behind a backslash in double quotes. */
static uint8_t unescape(const struct text *line, size_t *at)
{
        uint8_t byte = line->bytes[*at];

        if (byte == 'x' && *at + 2 < line->size) {
                int high = hexadecimal(line->bytes[*at + 1]),
                    low = hexadecimal(line->bytes[*at + 2]);

                if (high >= 0 && low >= 0) {
                        *at += 3;
                        return (uint8_t)(high << 4 | low);
                }
        }
        ++*at;
        switch (byte) {
        case 'n':
                return '\n';
        case 'r':
                return '\r';
        case 't':
                return '\t';
        case 'b':
                return '\b';
        case 'a':
                return '\a';
        default:
                return byte;
        }
}

static bool is_blank(uint8_t byte)
{
        return byte == ' ' || (byte >= '\t' && byte <= '\r') || byte == '\0';
}

/* One word is written, unquoted, to where it stands: false if its quotes do not end. */
static bool take_word(const struct text *line, size_t *at, uint8_t *out, size_t *ret_size)
{
        uint8_t quote = 0;
        size_t size = 0;

        while (*at < line->size && (quote || !is_blank(line->bytes[*at]))) {
                uint8_t byte = line->bytes[(*at)++];

                if (quote == '"' && byte == '\\' && *at < line->size) {
                        out[size++] = unescape(line, at);
                } else if (quote == '\'' && byte == '\\' && *at < line->size &&
                           line->bytes[*at] == '\'') {
                        out[size++] = line->bytes[(*at)++];
                } else if (quote && byte == quote) {
                        quote = 0;
                        if (*at < line->size && !is_blank(line->bytes[*at]))
                                return false;
                } else if (!quote && (byte == '"' || byte == '\'')) {
                        quote = byte;
                } else {
                        out[size++] = byte;
                }
        }
        *ret_size = size;
        return quote == 0;
}

static enum request_state take_inline(struct parsing *parsing)
{
        struct text line;
        size_t at = 0, offset = parsing->request->position;
        enum request_state state =
                take_line(parsing, "Protocol error: too big inline request", &line);

        while (state == REQUEST_DONE) {
                size_t size, first;

                while (at < line.size && is_blank(line.bytes[at]))
                        at++;
                if (at == line.size)
                        break;
                first = at;
                if (!take_word(&line, &at, parsing->bytes + offset + first, &size))
                        state = broken(parsing, "Protocol error: unbalanced quotes in request");
                else if (!add_argument(parsing->request, offset + first, size))
                        state = REQUEST_NO_MEMORY;
        }
        return state;
}

enum request_state request_parse(struct request *request, uint8_t *bytes, size_t size,
                                 const char **ret_sentence)
{
        struct parsing parsing = {.request = request, .bytes = bytes, .size = size};
        enum request_state state;

        if (size == 0)
                return REQUEST_INCOMPLETE;
        state = bytes[0] == '*' ? take_array(&parsing) : take_inline(&parsing);
        if (state == REQUEST_BROKEN)
                *ret_sentence = parsing.sentence;
        for (size_t i = 0; state == REQUEST_DONE && i < request->count; i++)
                request->arguments[i].bytes = bytes + (size_t)request->arguments[i].bytes;
        return state;
}

void request_reset(struct request *request)
{
        if (request->capacity > ARGUMENTS_KEPT)
                request_deinit(request);
        *request = (struct request){
                .arguments = request->arguments,
                .capacity = request->capacity,
        };
}

void request_deinit(struct request *request)
{
        free(request->arguments);
        *request = (struct request){0};
}
