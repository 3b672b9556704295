/* SPDX-License-Identifier: MIT */
/*
 * How many records an item has, asked for before the pause: so that the successor gets its memory
 * while the predecessor serves. It is asked for once in a handover, of the item whose PULL is next.
 */
#pragma once

#include "handover/ahead_successor.h"
#include "handover/room.h"

struct ek_predecessor;

/** Whether an upgrade's OFFER tells of it. */
bool ek_counts_are_offered(const struct ek_predecessor *p);

/** The predecessor's side: answers a COUNT. 0 or an error. */
int ek_counts_take(struct ek_predecessor *p, const struct ek_frame *frame,
                   struct ekiden_error *error);

/**
 * The successor's: asks, and makes room for as many; for none where the predecessor does not know.
 *
 * @param source    the item, as the predecessor has it
 * @param ret_room  what came of it
 * @return 0 or an error
 */
int ek_counts_fetch(const struct ek_ahead_source *from, const struct ekiden_item *source,
                    const struct ek_tagged *tagged, struct ekiden_objects *objects,
                    struct ek_room *ret_room, struct ekiden_error *error);
