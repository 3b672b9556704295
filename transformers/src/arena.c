/* SPDX-License-Identifier: MIT */
/* A bump allocator over a list of chunks. See arena.h. */
#include "arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "secret.h"

#define CHUNK_SIZE (size_t)(16 << 10)
#define KEPT_MAX (size_t)(1 << 20) /* a larger chunk was for one large record: not kept */

struct ekiden_arena_chunk {
        struct ekiden_arena_chunk *next;
        size_t capacity;
        max_align_t memory[];
};

static void *allocate(void *data, size_t size)
{
        return ek_arena_alloc(data, size);
}

static void release(void *data, void *pointer)
{
        (void)data;
        (void)pointer;
}

void ek_arena_init(struct ekiden_arena *arena)
{
        *arena = (struct ekiden_arena){
                .allocator = {.alloc = allocate, .free = release, .allocator_data = arena},
        };
}

/* Of the newest chunk only a part was used; of the others, that all is assumed. */
static void wipe(struct ekiden_arena *arena)
{
        size_t used = arena->used;

        for (struct ekiden_arena_chunk *chunk = arena->chunks; chunk; chunk = chunk->next) {
                explicit_bzero(chunk->memory, used);
                used = chunk->next ? chunk->next->capacity : 0;
        }
}

void ek_arena_deinit(struct ekiden_arena *arena)
{
        if (arena->is_secret)
                wipe(arena);
        while (arena->chunks) {
                struct ekiden_arena_chunk *chunk = arena->chunks;

                arena->chunks = chunk->next;
                free(chunk);
        }
        arena->used = 0;
}

void ek_arena_reset(struct ekiden_arena *arena)
{
        struct ekiden_arena_chunk *kept = NULL;

        if (arena->is_secret)
                wipe(arena);
        while (arena->chunks) {
                struct ekiden_arena_chunk *chunk = arena->chunks;

                arena->chunks = chunk->next;
                if (chunk->capacity <= KEPT_MAX && (!kept || chunk->capacity > kept->capacity)) {
                        free(kept);
                        kept = chunk;
                } else {
                        free(chunk);
                }
        }
        if (kept)
                kept->next = NULL;
        arena->chunks = kept;
        arena->used = 0;
}

static int grow(struct ekiden_arena *arena, size_t size)
{
        size_t capacity = arena->chunks ? arena->chunks->capacity * 2 : CHUNK_SIZE;
        struct ekiden_arena_chunk *chunk;

        if (capacity > KEPT_MAX)
                capacity = KEPT_MAX;
        if (capacity < size)
                capacity = size;
        if (capacity > SIZE_MAX - sizeof(*chunk))
                return -1;
        chunk = malloc(sizeof(*chunk) + capacity);
        if (!chunk)
                return -1;
        chunk->next = arena->chunks;
        chunk->capacity = capacity;
        arena->chunks = chunk;
        arena->used = 0;
        return 0;
}

void *ek_arena_alloc(struct ekiden_arena *arena, size_t size_bytes)
{
        const size_t alignment = _Alignof(max_align_t);
        void *memory;

        if (size_bytes > SIZE_MAX - alignment)
                return NULL;
        size_bytes = size_bytes > 0 ? (size_bytes + alignment - 1) & ~(alignment - 1) : alignment;
        if ((!arena->chunks || arena->chunks->capacity - arena->used < size_bytes) &&
            grow(arena, size_bytes) < 0)
                return NULL;
        memory = (char *)arena->chunks->memory + arena->used;
        arena->used += size_bytes;
        return memset(memory, 0, size_bytes);
}

char *ek_arena_vprintf(struct ekiden_arena *arena, const char *format, va_list arguments)
{
        va_list again;
        char *text = NULL;
        int length;

        va_copy(again, arguments);
        length = vsnprintf(NULL, 0, format, arguments);
        if (length >= 0)
                text = ek_arena_alloc(arena, (size_t)length + 1);
        if (text)
                vsnprintf(text, (size_t)length + 1, format, again);
        va_end(again);
        if (arena->is_secret)
                ek_secret_wipe_stack(); /* what did not fit into nothing was kept there */
        return text;
}
