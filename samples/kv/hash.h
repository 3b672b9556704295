/* SPDX-License-Identifier: MIT */
/*
 * SipHash-1-3 (Aumasson and Bernstein, INDOCRYPT 2012): a hash of keys that who does not know its
 * seed can make no collisions for. Clients choose the keys.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct hash_seed {
        uint64_t first, second;
};

/** A seed that nobody can foresee. */
struct hash_seed hash_seed_draw(void);

/** The hash of these bytes, the same on every machine. */
uint64_t hash_bytes(const struct hash_seed *seed, const void *bytes, size_t size);
