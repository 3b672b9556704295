/* SPDX-License-Identifier: MIT */
/*
 * The queue is a window that moves through an array: bytes leave at its front and are added at its
 * end; when the end of the array is reached, the window moves back or the array grows.
 */
#include "buffer.h"

#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN 4096
#define CAPACITY_KEPT (UINT32_C(64) << 10) /* by an empty buffer */

static bool grow(struct buffer *buffer, size_t needed)
{
        size_t capacity = buffer->capacity ? buffer->capacity : CAPACITY_MIN;
        uint8_t *bytes;

        while (capacity < needed)
                capacity *= 2;
        bytes = realloc(buffer->bytes, capacity);
        if (!bytes)
                return false;
        buffer->bytes = bytes;
        buffer->capacity = capacity;
        return true;
}

uint8_t *buffer_room(struct buffer *buffer, size_t size_bytes)
{
        size_t needed = buffer->size + size_bytes;

        if (buffer->start + needed > buffer->capacity) {
                /* Moving costs no more than what was taken away at the front before. */
                if (buffer->start >= buffer->size && buffer->start > 0) {
                        memcpy(buffer->bytes, buffer->bytes + buffer->start, buffer->size);
                        buffer->start = 0;
                }
                if (buffer->start + needed > buffer->capacity &&
                    !grow(buffer, buffer->start + needed))
                        return NULL;
        }
        return buffer->bytes + buffer->start + buffer->size;
}

bool buffer_append(struct buffer *buffer, const void *bytes, size_t size_bytes)
{
        uint8_t *room;

        if (size_bytes == 0)
                return true;
        room = buffer_room(buffer, size_bytes);
        if (!room)
                return false;
        memcpy(room, bytes, size_bytes);
        buffer->size += size_bytes;
        return true;
}

uint8_t *buffer_first(const struct buffer *buffer)
{
        return buffer->bytes ? buffer->bytes + buffer->start : NULL;
}

void buffer_consume(struct buffer *buffer, size_t size_bytes)
{
        buffer->start += size_bytes;
        buffer->size -= size_bytes;
        if (buffer->size == 0)
                buffer->start = 0;
        if (buffer->size == 0 && buffer->capacity > CAPACITY_KEPT)
                buffer_deinit(buffer);
}

void buffer_deinit(struct buffer *buffer)
{
        free(buffer->bytes);
        *buffer = (struct buffer){0};
}
