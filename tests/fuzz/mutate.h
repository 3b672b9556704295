/* SPDX-License-Identifier: MIT */
/*
 * Mutations that keep an input's structure, so that they get past the first check that the code
 * makes: the lengths of protobuf's nested messages stay right, and frames have sound checksums.
 *
 * Each function changes `data`, of `size` bytes with room for `size_max`, and returns the new size.
 */
#pragma once

#include "dice.h"

/* libFuzzer's own mutations (compiler-rt, FuzzerInterface.h). */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t size_max);

/** An encoded message: a field is changed, removed, doubled, added; at any depth. */
size_t mutate_message(struct dice *dice, uint8_t *data, size_t size, size_t size_max);

/** A run of records, each behind its length: one is changed as a message, removed, doubled. */
size_t mutate_run(struct dice *dice, uint8_t *data, size_t size, size_t size_max);

/** Reads a base-128 varint: its length in bytes, or 0 when it is none. */
static inline size_t mutate_read_varint(const uint8_t *data, size_t size, uint64_t *ret_value)
{
        uint64_t value = 0;

        for (size_t i = 0; i < size && i < 10; i++) {
                value |= (uint64_t)(data[i] & 0x7f) << (7 * i);
                if (!(data[i] & 0x80)) {
                        *ret_value = value;
                        return i + 1;
                }
        }
        return 0;
}

/** Writes one: its length in bytes, 1 to 10. */
static inline size_t mutate_write_varint(uint8_t *out, uint64_t value)
{
        size_t n = 0;

        for (; value >= 0x80; value >>= 7)
                out[n++] = (uint8_t)(value | 0x80);
        out[n++] = (uint8_t)value;
        return n;
}
