/* SPDX-License-Identifier: MIT */
/* This process's leg of its service: when it begins, it is the last of the lineage. */
#pragma once

#include "handover/lineage.h"

/**
 * This process serves from now on.
 *
 * @param before         the legs before its own, copied; NULL: none, or none is known
 * @param pause_ns       in which nobody served before it; 0: none, or it is not known
 * @param from_snapshot  whether it took its state from a file
 */
void ek_leg_begin(const struct ek_lineage *before, uint64_t pause_ns, bool from_snapshot);

/**
 * This process serves again: it is the version that has failed to hand over under its own PID, and
 * its leg goes on as if nothing had been asked.
 *
 * @param before  the legs before it, copied
 * @param leg     its own, as it began
 */
void ek_leg_go_on(const struct ek_lineage *before, const struct ek_leg *leg);

/** The legs of the service, this one last. */
const struct ek_lineage *ek_leg_lineage(void);
