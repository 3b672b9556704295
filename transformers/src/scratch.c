/* SPDX-License-Identifier: MIT */
/* A bump allocator over a list of chunks. See scratch.h. */
#include "scratch.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "secret.h"

#define CHUNK_SIZE (size_t)(16 << 10)
#define KEPT_MAX (size_t)(1 << 20) /* a larger chunk was for one large record: not kept */

struct ekiden_scratch_chunk {
        struct ekiden_scratch_chunk *next;
        size_t capacity;
        max_align_t memory[];
};

static void *allocate(void *data, size_t size)
{
        return ek_scratch_alloc(data, size);
}

static void release(void *data, void *pointer)
{
        (void)data;
        (void)pointer;
}

void ek_scratch_init(struct ekiden_scratch *scratch)
{
        *scratch = (struct ekiden_scratch){
                .allocator = {.alloc = allocate, .free = release, .allocator_data = scratch},
        };
}

/* Of the newest chunk only a part was used; of the others, that all is assumed. */
static void wipe(struct ekiden_scratch *scratch)
{
        size_t used = scratch->used;

        for (struct ekiden_scratch_chunk *chunk = scratch->chunks; chunk; chunk = chunk->next) {
                explicit_bzero(chunk->memory, used);
                used = chunk->next ? chunk->next->capacity : 0;
        }
}

void ek_scratch_deinit(struct ekiden_scratch *scratch)
{
        if (scratch->is_secret)
                wipe(scratch);
        while (scratch->chunks) {
                struct ekiden_scratch_chunk *chunk = scratch->chunks;

                scratch->chunks = chunk->next;
                free(chunk);
        }
        scratch->used = 0;
}

void ek_scratch_reset(struct ekiden_scratch *scratch)
{
        struct ekiden_scratch_chunk *kept = NULL;

        if (scratch->is_secret)
                wipe(scratch);
        while (scratch->chunks) {
                struct ekiden_scratch_chunk *chunk = scratch->chunks;

                scratch->chunks = chunk->next;
                if (chunk->capacity <= KEPT_MAX && (!kept || chunk->capacity > kept->capacity)) {
                        free(kept);
                        kept = chunk;
                } else {
                        free(chunk);
                }
        }
        if (kept)
                kept->next = NULL;
        scratch->chunks = kept;
        scratch->used = 0;
}

static int grow(struct ekiden_scratch *scratch, size_t size)
{
        size_t capacity = scratch->chunks ? scratch->chunks->capacity * 2 : CHUNK_SIZE;
        struct ekiden_scratch_chunk *chunk;

        if (capacity > KEPT_MAX)
                capacity = KEPT_MAX;
        if (capacity < size)
                capacity = size;
        if (capacity > SIZE_MAX - sizeof(*chunk))
                return -1;
        chunk = malloc(sizeof(*chunk) + capacity);
        if (!chunk)
                return -1;
        chunk->next = scratch->chunks;
        chunk->capacity = capacity;
        scratch->chunks = chunk;
        scratch->used = 0;
        return 0;
}

/* Rounded up, so that what comes behind it is aligned too; 0: that is more than there can be. */
static size_t aligned(size_t size)
{
        const size_t alignment = _Alignof(max_align_t);

        if (size > SIZE_MAX - alignment)
                return 0;
        return size > 0 ? (size + alignment - 1) & ~(alignment - 1) : alignment;
}

void *ek_scratch_take(struct ekiden_scratch *scratch, size_t size_bytes)
{
        void *memory;

        size_bytes = aligned(size_bytes);
        if (size_bytes == 0)
                return NULL;
        if ((!scratch->chunks || scratch->chunks->capacity - scratch->used < size_bytes) &&
            grow(scratch, size_bytes) < 0)
                return NULL;
        memory = (char *)scratch->chunks->memory + scratch->used;
        scratch->used += size_bytes;
        return memory;
}

void *ek_scratch_alloc(struct ekiden_scratch *scratch, size_t size_bytes)
{
        void *memory = ek_scratch_take(scratch, size_bytes);

        return memory ? memset(memory, 0, aligned(size_bytes)) : NULL;
}

char *ek_scratch_vprintf(struct ekiden_scratch *scratch, const char *format, va_list arguments)
{
        va_list again;
        char *text = NULL;
        int length;

        va_copy(again, arguments);
        length = vsnprintf(NULL, 0, format, arguments);
        if (length >= 0)
                text = ek_scratch_alloc(scratch, (size_t)length + 1);
        if (text)
                vsnprintf(text, (size_t)length + 1, format, again);
        va_end(again);
        if (scratch->is_secret)
                ek_secret_wipe_stack(); /* what did not fit into nothing was kept there */
        return text;
}
