/* SPDX-License-Identifier: MIT */
/*
 * Where values lie: large ones in an arena, which changes hands in an upgrade, however much it
 * holds; the others come from malloc(), and are sent ahead. Which one it is, a value's size says.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ekiden/arena.h>

#define VALUE_LARGE (UINT32_C(64) << 10) /* bytes, from which on a value lies in the arena */

extern struct ekiden_arena *value_arena;

/** Makes an arena, which may grow to twice the machine's memory: false if there is no room. */
bool value_arena_make(void);

/**
 * Makes a value longer or shorter; what fits of it is kept.
 *
 * @param bytes     NULL where size_bytes is 0
 * @param size_bytes  that it has; so many as it was made with
 * @param wanted_bytes  0 frees it, and makes it NULL
 * @return false: memory ran out, and the value is as it was
 */
bool value_resize(uint8_t **bytes, size_t size_bytes, size_t wanted_bytes);

/** Frees a value. */
void value_free(uint8_t *bytes, size_t size_bytes);
