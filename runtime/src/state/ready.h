/* SPDX-License-Identifier: MIT */
/*
 * Memory of entries that is got before the pause, while the predecessor serves: then neither
 * malloc() nor the kernel is asked for it within the pause. That is half of what inserting millions
 * of entries takes.
 */
#pragma once

#include <ekiden/native.h>

#define EK_READY_MAX_BYTES (UINT32_C(1) << 30) /* got on a mere word, of all entries together */

struct ek_ready {
        const struct ekiden_native *native; /* whose entries they are; NULL: there are none */
        void *first; /* each begins with the address of the next */
        uint64_t reserved; /* records of one item for which the program has made room … */
        uint64_t serial; /* … of this number (struct ek_tagged); 0: of none */
};

/**
 * Gets memory for so many entries, or fewer: none where the program makes them itself (c_new), or
 * where records have different sizes in a flexible array.
 *
 * @param ready  has none
 * @return for how many it has got it
 */
uint64_t ek_ready_make(struct ek_ready *ready, const struct ekiden_native *native, uint64_t count);

/** Whether there is such memory for entries of this type. */
bool ek_ready_is_possible(const struct ekiden_native *native);

/** Memory of an entry, native->size bytes of any content, which is the caller's; NULL: there is
    none left, or none of this type. */
static inline void *ek_ready_take(struct ek_ready *ready, const struct ekiden_native *native)
{
        void *entry = ready->native == native ? ready->first : NULL;

        if (entry)
                ready->first = *(void **)entry;
        return entry;
}

/** As ek_native_new(), of memory that is ready if there is some. */
void *ek_ready_new(struct ek_ready *ready, const struct ekiden_native *native,
                   const ProtobufCMessage *message);

/** Gives back what nobody took. */
void ek_ready_deinit(struct ek_ready *ready);
