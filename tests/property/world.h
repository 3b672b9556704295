/* SPDX-License-Identifier: MIT */
/* One process's worth of orchard: its state, its memory, and how all of it is tagged. */
#pragma once

#include <ekiden/native.h>

#include "orchard.h"

struct allocation;

struct world {
        struct orchard orchard;
        struct shed shed;
        struct farmer **farmers;
        size_t farmer_count, farmer_room;
        struct note **notes;
        size_t note_count, note_room;
        struct allocation *allocations;
        size_t allocation_count; /* that were not released */
};

/** What has a schema and its binding. */
enum orchard_version {
        ORCHARD_V1 = 1,
        ORCHARD_V2,
};

extern const struct ekiden_function harvests[];

/** What the program's functions allocate from; set before a handover and before growing. */
extern struct world *world_in_use;

/** Frees all that was allocated in it. */
void world_end(struct world *world);

void world_add_farmer(struct world *world, struct farmer *farmer);
void world_add_note(struct world *world, struct note *note);

/** Tags all of it by the generated functions, as a program of this version would. */
void world_tag(struct world *world, enum orchard_version version);

void world_untag(void);

/** The bindings of a version, which are the generated code's own. After world_tag(). */
const struct ekiden_natives *world_natives(void);
