/* SPDX-License-Identifier: MIT */
/*
 * Keys and values. A key is made of its number, a value of its key's number and its version, in
 * such a way that neither needs to be kept to be compared, and that no byte of a value fits another
 * one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEY_SIZE 16
#define VALUE_LEAST 24
#define VALUE_MOST (16 << 20)

/** Makes the noise, in tens of milliseconds: once, before any value, and before anything is
 * measured. */
void value_begin(void);

/** Numbers that look like chance, and are the same each time. */
static inline uint64_t value_mix(uint64_t number)
{
        number += UINT64_C(0x9e3779b97f4a7c15);
        number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
        return number ^ number >> 31;
}

/** Writes a key: KEY_SIZE bytes. */
void key_write(uint32_t key, char *out);

/** How many bytes this value has: between `least` and `most`. */
size_t value_size(uint32_t key, uint32_t version, uint32_t least, uint32_t most);

/** Writes a value of that size. */
void value_write(uint32_t key, uint32_t version, size_t size, char *out);

/** Whether these bytes are a value of this key, and of which version. */
bool value_read(uint32_t key, uint32_t least, uint32_t most, const char *data, size_t size,
                uint32_t *ret_version);
