/* SPDX-License-Identifier: MIT */
/*
 * A program whose state is messages (tests/transformers/schema/garden_v1.proto), with descriptors,
 * a transformer that looks something up, and two plain values beside the schema's items.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct garden_program {
        size_t bed_count, gardener_count; /* exported, or imported */
        int descriptor; /* that records of the older version carry */
};

extern struct garden_program garden_program;

/** Tags all items, as a program of schema version 1 or 2; see orchard_program_tag(). */
int garden_program_tag(uint32_t version);

/** Untags all items of whatever program, and frees the state. */
void garden_program_end(void);
