/* SPDX-License-Identifier: MIT */
/*
 * Room for entries that are about to come. How many the predecessor says; that is believed as far
 * as EK_ANNOUNCED_MAX, and as what has come bears it out.
 */
#pragma once

#include "state/import_private.h"

#define EK_ANNOUNCED_MAX (UINT32_C(8) << 20) /* records for which room is made on a mere word */

/** Why nothing can be made ready for an item's entries, as the end of a sentence; NULL: the program
    can make room, or their memory can be got, so that it is worth asking for the count ahead. */
const char *ek_reserve_obstacle(const struct ek_tagged *tagged);

/**
 * Before the pause: the program makes room, and the memory of entries is got.
 *
 * @return for how many
 */
uint64_t ek_reserve_before(const struct ek_tagged *tagged, struct ekiden_objects *objects,
                           uint64_t announced);

/** All records are about to come ahead of the pause: the program makes room, once. */
void ek_reserve_ahead(const struct ek_tagged *tagged, uint64_t announced);

/** ITEM has come, with import->announced: what was reserved before counts. */
void ek_reserve_begin(struct ek_import *import);

/** A batch has come: the program makes room for what is announced beyond that, if it is due. */
void ek_reserve_more(struct ek_import *import);
