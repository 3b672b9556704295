/* SPDX-License-Identifier: MIT */
/*
 * A queue of bytes: what a connection did not take yet. It is the program's own, and not the event
 * loop's, so that at an update point it is known to the byte what was sent and what was not.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/** All zero: an empty buffer. */
struct buffer {
        char *bytes;
        size_t start; /* of what is queued, in bytes */
        size_t size; /* of it */
        size_t capacity;
};

/** Adds a copy at the end. False: memory ran out, and the buffer is as it was. */
bool buffer_append(struct buffer *buffer, const void *bytes, size_t size_bytes);

/** The first of the queued bytes. */
const char *buffer_first(const struct buffer *buffer);

/** Removes bytes from the front. */
void buffer_consume(struct buffer *buffer, size_t size_bytes);

/** Frees what it holds and leaves it empty. */
void buffer_deinit(struct buffer *buffer);
