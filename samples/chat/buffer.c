/* SPDX-License-Identifier: MIT */
/*
 * The queue is a window that moves through an array: bytes leave at its front and are added at its
 * end; when the end of the array is reached, the window moves back or the array grows.
 */
#include "buffer.h"

#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN 4096

static bool make_room(struct buffer *buffer, size_t size_bytes)
{
        size_t needed = buffer->size + size_bytes;
        size_t capacity = buffer->capacity ? buffer->capacity : CAPACITY_MIN;

        if (buffer->start + needed <= buffer->capacity)
                return true;
        if (buffer->start > 0) {
                memmove(buffer->bytes, buffer->bytes + buffer->start, buffer->size);
                buffer->start = 0;
        }
        while (capacity / 2 < needed)
                capacity *= 2;
        if (capacity > buffer->capacity) {
                char *bytes = realloc(buffer->bytes, capacity);

                if (!bytes)
                        return false;
                buffer->bytes = bytes;
                buffer->capacity = capacity;
        }
        return true;
}

bool buffer_append(struct buffer *buffer, const void *bytes, size_t size_bytes)
{
        if (size_bytes == 0)
                return true;
        if (!make_room(buffer, size_bytes))
                return false;
        memcpy(buffer->bytes + buffer->start + buffer->size, bytes, size_bytes);
        buffer->size += size_bytes;
        return true;
}

const char *buffer_first(const struct buffer *buffer)
{
        return buffer->bytes ? buffer->bytes + buffer->start : "";
}

void buffer_consume(struct buffer *buffer, size_t size_bytes)
{
        buffer->start += size_bytes;
        buffer->size -= size_bytes;
        if (buffer->size == 0)
                buffer->start = 0;
        if (buffer->size == 0 && buffer->capacity > CAPACITY_MIN)
                buffer_deinit(buffer);
}

void buffer_deinit(struct buffer *buffer)
{
        free(buffer->bytes);
        *buffer = (struct buffer){0};
}
