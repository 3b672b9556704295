/* SPDX-License-Identifier: MIT */
/*
 * The entries of a container on their way out, some of them in hand ahead of the one that is
 * exported: so that what each leads to can be fetched from memory before it is needed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ekiden/native.h>

#define EK_WALK_AHEAD 48 /* entries in hand that may stay there when more are asked for */
#define EK_WALK_ROOM (EK_WALK_AHEAD + EKIDEN_SCAN_ROOM + 32)
#define EK_SCAN_MOST ((size_t)1 << 20) /* entries that scan() can give at once only */

struct ek_tagged;

/* All zero: it begins. It is not copied. */
struct ek_walk {
        void *few[EK_WALK_ROOM];
        void **many; /* where so many lie together that they have no room there */
        void **entries; /* one of these two */
        size_t room; /* of `entries` */
        size_t first, count; /* those in hand: entries[first] … entries[count - 1] */
        uint64_t position; /* of the container's scan() */
        uint64_t asked; /* entries that next() has given */
        void *previous; /* the last of them */
        bool is_complete; /* there are no more */
        struct ekiden_error error; /* what went wrong behind those in hand; code 0: nothing did */
};

/**
 * Asks a container's scan() for entries, and does not believe what it says of them.
 *
 * @param position   where to go on, and 0 at the end
 * @param entries    room for `room` of them
 * @param ret_count  how many there are, where nothing went wrong
 * @return 0; 1: so many lie together as `ret_count` says, EK_SCAN_MOST at most, there is no room
 * for them, and it is to be asked again; EKIDEN_EREFUSED: even more do, or it stays where it is
 */
int ek_container_scan(const struct ek_tagged *tagged, uint64_t *position, void *entries[],
                      size_t room, size_t *ret_count, struct ekiden_error *error);

/** Asks for more entries while there are fewer than `ahead` in hand, and not all have come. */
void ek_walk_fill(struct ek_walk *walk, const struct ek_tagged *tagged,
                  struct ekiden_cursor *cursor, size_t ahead);

/**
 * Takes the next entry.
 *
 * @param cursor     of the record that it will be: its error is set
 * @param ret_entry  NULL at the end
 * @return 0, or the program's error
 */
int ek_walk_next(struct ek_walk *walk, const struct ek_tagged *tagged, struct ekiden_cursor *cursor,
                 void **ret_entry);

/** Frees what it holds; it may begin again. */
void ek_walk_end(struct ek_walk *walk);
