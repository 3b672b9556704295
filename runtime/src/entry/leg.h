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

/** The legs of the service, this one last. */
const struct ek_lineage *ek_leg_lineage(void);
