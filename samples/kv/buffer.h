/* SPDX-License-Identifier: MIT */
/*
 * A queue of bytes: what a connection has sent, or will be sent. It is the program's own, and not
 * the event loop's, so that at an update point it is known to the byte what came and what went.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** All zero: an empty buffer. */
struct buffer {
        uint8_t *bytes;
        size_t start; /* of what is queued, in bytes */
        size_t size; /* of it */
        size_t capacity;
};

/** Where the next bytes go, with room for so many; or NULL: memory ran out, and nothing changed. */
uint8_t *buffer_room(struct buffer *buffer, size_t size_bytes);

/** Adds a copy at the end. False: memory ran out, and the buffer is as it was. */
bool buffer_append(struct buffer *buffer, const void *bytes, size_t size_bytes);

/** The first of the queued bytes. */
uint8_t *buffer_first(const struct buffer *buffer);

/** Removes bytes from the front. */
void buffer_consume(struct buffer *buffer, size_t size_bytes);

/** Frees what it holds and leaves it empty. */
void buffer_deinit(struct buffer *buffer);
