/* SPDX-License-Identifier: MIT */
/* A program whose state is a graph of structs (tests/property/orchard.h), for one input's time. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "orchard.h"

#define ORCHARD_ENTRIES_MAX 4096 /* farmers, and notes, that it takes */

struct orchard_program {
        struct orchard orchard;
        struct shed shed;
        struct farmer *farmers[ORCHARD_ENTRIES_MAX];
        struct note *notes[ORCHARD_ENTRIES_MAX];
        size_t farmer_count, note_count;
        size_t allocations; /* that were not released */
};

extern struct orchard_program orchard_program;

/** Empties it, and makes some state: a tree, two farmers, a basket, a note. */
void orchard_program_fill(void);

/**
 * Tags all items, as a program of schema version 1 or 2.
 *
 * @return the least of what the tag functions answered
 */
int orchard_program_tag(uint32_t version);

/** Untags all items of whatever program, and frees the state, following no pointer in it. */
void orchard_program_end(void);
