/* SPDX-License-Identifier: MIT */
/*
 * The memory of one record on its way: everything that unpacking and transforming it allocates,
 * given back in one step when the next record comes. Steady use asks malloc() for nothing.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

struct ekiden_scratch_chunk;

struct ekiden_scratch {
        struct ekiden_scratch_chunk *chunks; /* newest first */
        size_t used; /* bytes of the newest */
        bool is_secret; /* what it held is wiped when it is given back */
        ProtobufCAllocator allocator; /* for protobuf-c; its free does nothing */
        /* Duplicates a descriptor for the record, which closes it unless the program takes it: 0
           or a negative EKIDEN_E…. NULL: records have no descriptors here. */
        int (*duplicate)(void *owner, int descriptor, int *ret_descriptor);
        void *owner; /* passed to it */
        uint64_t transformed; /* calls of transformers on the records that lay here so far */
};

/** Makes an empty scratch in place; it allocates nothing yet. Must not be moved afterwards. */
void ek_scratch_init(struct ekiden_scratch *scratch);

/** Frees all. */
void ek_scratch_deinit(struct ekiden_scratch *scratch);

/** Gives back what was allocated, keeping the largest chunk for the next record. */
void ek_scratch_reset(struct ekiden_scratch *scratch);

/** Zeroed memory aligned for any type; NULL when memory ran out. */
void *ek_scratch_alloc(struct ekiden_scratch *scratch, size_t size_bytes);

/** The same, not zeroed: for what is filled at once. */
void *ek_scratch_take(struct ekiden_scratch *scratch, size_t size_bytes);

/** A formatted string; NULL when memory ran out. */
char *ek_scratch_vprintf(struct ekiden_scratch *scratch, const char *format, va_list arguments)
        __attribute__((format(printf, 2, 0)));
