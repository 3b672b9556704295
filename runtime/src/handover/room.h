/* SPDX-License-Identifier: MIT */
/*
 * Whether room was made before the pause for what crosses in it, and if not, why: the successor
 * says so with each PULL of a stream, and the predecessor tells the operator of items that are
 * large enough for it to matter. Otherwise nobody sees whether the program's functions were called
 * in time, but in how long the pause is.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ekiden/handover.pb-c.h"
#include "state/tagged.h"

#define EK_ROOM_MATTERS 10000 /* records of an item from which on the operator is told */
#define EK_ROOM_ITEMS_MAX 16 /* of which he is told */

struct ek_predecessor;

/* What the successor says of an item. */
struct ek_room {
        uint64_t records; /* for which room was made; 0: for none, … */
        const char
                *obstacle; /* … and why, as the end of a sentence; NULL: there is nothing to say */
};

/* What the operator is told. */
struct ek_room_report {
        char item[EKIDEN_NAME_MAX + 1];
        uint64_t records;
        char reason[128]; /* where there are none */
};

struct ek_rooms {
        struct ek_room_report reports[EK_ROOM_ITEMS_MAX];
        size_t count;
};

/** The successor's side: says it with a PULL, which borrows the words. */
void ek_room_say(const struct ek_room *room, Ekiden__Pull *pull);

/** The predecessor's: an item has crossed in the pause, with so many records. */
void ek_room_note(struct ek_predecessor *p, const struct ek_tagged *tagged,
                  const Ekiden__Pull *pull, uint64_t records);
