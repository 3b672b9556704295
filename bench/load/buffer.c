/* SPDX-License-Identifier: MIT */
/* See buffer.h. What is left is moved to the front when room is needed, not at every take. */
#include "buffer.h"

#include <stdlib.h>
#include <string.h>

#include "measure.h"

#define ROOM_FIRST ((size_t)64 << 10)

char *buffer_reserve(struct buffer *buffer, size_t size)
{
        size_t used = buffer_size(buffer);
        size_t room = buffer->room ? buffer->room : ROOM_FIRST;

        if (buffer->room - buffer->end >= size && buffer->room)
                return buffer->data + buffer->end;
        if (used > 0)
                memmove(buffer->data, buffer->data + buffer->begin, used);
        buffer->begin = 0;
        buffer->end = used;
        while (room - used < size)
                room *= 2;
        if (room != buffer->room) {
                buffer->data = realloc(buffer->data, room);
                if (!buffer->data)
                        fail("memory ran out for %zu bytes", room);
                buffer->room = room;
        }
        return buffer->data + buffer->end;
}

void buffer_take(struct buffer *buffer, size_t size)
{
        buffer->begin += size;
        if (buffer->begin == buffer->end)
                buffer_clear(buffer);
}

void buffer_clear(struct buffer *buffer)
{
        buffer->begin = 0;
        buffer->end = 0;
}

void buffer_deinit(struct buffer *buffer)
{
        free(buffer->data);
        *buffer = (struct buffer){0};
}
