/* SPDX-License-Identifier: MIT */
/* See taken.h. A chunk holds varints, which can be read forwards only: it is unpacked as a whole.
 */
#include "state/taken.h"

#include <stdint.h>
#include <stdlib.h>

#include <ekiden/error.h>

#include "wire/message.h"

#define ENTRIES 2048 /* in a chunk, at most */
#define BYTES 3808 /* likewise: with what is beside them, a chunk has the size of a page */
#define VARINT_MAX 10

struct ek_taken_chunk {
        struct ek_taken_chunk *previous;
        uintptr_t last; /* address */
        uint64_t is_back[ENTRIES / 64]; /* bits: which were taken back */
        uint16_t count, size;
        uint8_t bytes[BYTES];
};

int ek_taken_reserve(struct ek_taken *taken)
{
        struct ek_taken_chunk *chunk = taken->last;

        if (chunk && chunk->count < ENTRIES && chunk->size <= BYTES - VARINT_MAX)
                return 0;
        chunk = calloc(1, sizeof(*chunk));
        if (!chunk)
                return EKIDEN_ENOMEM;
        chunk->previous = taken->last;
        taken->last = chunk;
        return 0;
}

void ek_taken_add(struct ek_taken *taken, void *entry)
{
        struct ek_taken_chunk *chunk = taken->last;
        uint64_t step = (uintptr_t)entry - chunk->last;
        uint64_t sign = 0 - (step >> 63);

        chunk->size += (uint16_t)ek_varint_write(chunk->bytes + chunk->size, step << 1 ^ sign);
        chunk->last = (uintptr_t)entry;
        chunk->count++;
}

static void unpack(const struct ek_taken_chunk *chunk, void *entries[ENTRIES])
{
        const uint8_t *at = chunk->bytes;
        uintptr_t address = 0;

        for (size_t i = 0; i < chunk->count; i++) {
                uint64_t step = 0;

                at += ek_varint_read(at, VARINT_MAX, &step);
                address += step >> 1 ^ (0 - (step & 1));
                entries[i] = (void *)address;
        }
}

void ek_taken_each(const struct ek_taken *taken, void (*give)(void *data, void *entry), void *data)
{
        void *entries[ENTRIES];

        for (const struct ek_taken_chunk *chunk = taken->last; chunk; chunk = chunk->previous) {
                unpack(chunk, entries);
                for (size_t i = chunk->count; i-- > 0;)
                        give(data, entries[i]);
        }
}

void ek_taken_undo(const struct ek_taken *taken, bool (*take_back)(void *data, void *entry),
                   void (*release)(void *data, void *entry), void *data)
{
        void *entries[ENTRIES];

        for (struct ek_taken_chunk *chunk = taken->last; chunk; chunk = chunk->previous) {
                unpack(chunk, entries);
                for (size_t i = chunk->count; i-- > 0;)
                        if (take_back(data, entries[i]))
                                chunk->is_back[i / 64] |= UINT64_C(1) << i % 64;
        }
        for (struct ek_taken_chunk *chunk = taken->last; chunk; chunk = chunk->previous) {
                unpack(chunk, entries);
                for (size_t i = chunk->count; i-- > 0;)
                        if (chunk->is_back[i / 64] & UINT64_C(1) << i % 64)
                                release(data, entries[i]);
        }
}

void ek_taken_deinit(struct ek_taken *taken)
{
        while (taken->last) {
                struct ek_taken_chunk *chunk = taken->last;

                taken->last = chunk->previous;
                free(chunk);
        }
}
