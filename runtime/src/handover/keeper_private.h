/* SPDX-License-Identifier: MIT */
/* What keeper.c and keeper_back.c share. */
#pragma once

#include "handover/predecessor_private.h"

/** Tells the floor above how far the split is. (keeper.c) */
void ek_keeper_tell(const struct ek_predecessor *p, enum ek_split_stage stage);

/** OFFER has been said: what comes before the first PULL, and the handover. As
    ek_predecessor_hand_over(). (keeper.c) */
int ek_keeper_give(struct ek_predecessor *p, uint64_t stopped_ns, struct ekiden_error *error);

/**
 * The new version has failed: EK_STEP_RETURNED when the old one is back and has everything; or the
 * error's code, and this process serves in its place. (keeper_back.c)
 *
 * @param stopped_ns  since when nobody serves, by ek_now_ns()
 */
int ek_keeper_go_back(struct ek_predecessor *p, uint64_t stopped_ns, struct ekiden_error *error);
