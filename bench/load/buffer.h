/* SPDX-License-Identifier: MIT */
/* Bytes that come in at the end and are taken from the beginning. */
#pragma once

#include <stddef.h>

/* All zero: empty. */
struct buffer {
        char *data;
        size_t begin, end, room;
};

static inline size_t buffer_size(const struct buffer *buffer)
{
        return buffer->end - buffer->begin;
}

/** Where `size` more bytes can be written; buffer_grew() then says how many were. */
char *buffer_reserve(struct buffer *buffer, size_t size);

static inline void buffer_grew(struct buffer *buffer, size_t size)
{
        buffer->end += size;
}

/** Takes bytes from the beginning. */
void buffer_take(struct buffer *buffer, size_t size);

/** Forgets all bytes, and keeps the memory. */
void buffer_clear(struct buffer *buffer);

void buffer_deinit(struct buffer *buffer);
