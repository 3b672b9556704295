/* SPDX-License-Identifier: MIT */
/*
 * The entries that a program has taken from an upgrade which may still fail, in the order in which
 * it did. There may be as many as there are records: so an address is kept as what it differs by
 * from the one before, in two bytes where an allocator gave them one behind the other.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct ek_taken_chunk;

/* All zero: none. */
struct ek_taken {
        struct ek_taken_chunk *last;
};

/** Makes room, so that the next is added without fail: 0 or ENOMEM. */
int ek_taken_reserve(struct ek_taken *taken);

/** Adds an entry, behind ek_taken_reserve(). */
void ek_taken_add(struct ek_taken *taken, void *entry);

/** Gives each of them, the last first. */
void ek_taken_each(const struct ek_taken *taken, void (*give)(void *data, void *entry), void *data);

/**
 * Calls `take_back` for each, the last first; and then `release` for those that it returned true
 * of, when it has seen all.
 */
void ek_taken_undo(const struct ek_taken *taken, bool (*take_back)(void *data, void *entry),
                   void (*release)(void *data, void *entry), void *data);

/** Forgets them. */
void ek_taken_deinit(struct ek_taken *taken);
