/* SPDX-License-Identifier: MIT */
/* The successor's side of sending ahead: items that come while the predecessor serves. */
#pragma once

#include "state/ahead_import.h"

#define EK_AHEAD_DECLINED 2 /* the item is to be pulled */

/** The link of the handover, and how long to wait for the predecessor's next update point. */
struct ek_ahead_source {
        struct ek_link *link;
        const struct ek_wait *wait;
};

/**
 * Asks for an item that can be taken ahead (ek_ahead_import_obstacle()), and takes its first
 * portion.
 *
 * @param source   the item, as the predecessor has it
 * @return EKIDEN_RESUMED; EKIDEN_FRESH (the predecessor has none), EK_AHEAD_DECLINED, or an error
 */
int ek_ahead_fetch(const struct ek_ahead_source *from, const struct ekiden_item *source,
                   const struct ek_tagged *tagged, const struct ek_route *route,
                   struct ekiden_objects *objects, struct ekiden_error *error);

/** Whether something has come ahead, and more will. */
bool ek_ahead_is_under_way(void);

/** Takes portions until PAUSED has come, the frame: 0 or an error. */
int ek_ahead_until_paused(const struct ek_ahead_source *from, struct ek_frame *ret_paused,
                          struct ekiden_error *error);

/** Takes what is left, in the pause, of each item: 0 or an error. Nothing comes after that. */
int ek_ahead_take_rest(const struct ek_ahead_source *from, struct ekiden_error *error);

/** Forgets what is under way; the program keeps what it has. */
void ek_ahead_end(void);
