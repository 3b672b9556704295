/* SPDX-License-Identifier: MIT */
/* What early.h says, on the successor's side: it foretells what will be pulled, and finds the
   answers. */
#pragma once

#include "chain.h"
#include "ekiden/handover.pb-c.h"
#include "handover/ahead_successor.h"

/** OFFER has come. */
void ek_early_note_offer(const Ekiden__Offer *offer);

/**
 * Queues WARM.
 *
 * @param first  the item of the predecessor that will be pulled first; NULL: none will be
 * @return 0 or an error
 */
int ek_early_foretell(const struct ek_ahead_source *from, const struct ek_chain *chain,
                      const struct ekiden_item *first, struct ekiden_error *error);

/**
 * PULL was queued, and all that comes ahead of answers was received, where WARM named any item:
 * what comes next answers it from then on, and what was answered for nothing is gone.
 *
 * @param item  NULL: nothing more will be pulled
 * @return 0 or an error
 */
int ek_early_reach(const struct ek_ahead_source *from, const struct ekiden_item *item,
                   struct ekiden_error *error);

/** Forgets all of it. */
void ek_early_end(void);
