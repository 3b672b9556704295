/* SPDX-License-Identifier: MIT */
/* See leg.h. */
#include "entry/leg.h"

#include <time.h>

#include "entry/process.h"
#include "handover/public_pid.h"
#include "wire/clock.h"

static struct ek_lineage lineage;

void ek_leg_begin(const struct ek_lineage *before, uint64_t pause_ns, bool from_snapshot)
{
        const struct ek_leg leg = {
                .number = ek_process.setup.leg,
                .version = ek_process.schema->version,
                .since = (int64_t)time(NULL),
                .pid = ek_public_pid(),
                .has_pause = pause_ns > 0,
                .pause_us = pause_ns / EK_NS_PER_US,
                .from_snapshot = from_snapshot,
        };

        if (before)
                lineage = *before;
        else
                lineage.count = 0;
        ek_lineage_add(&lineage, &leg);
        ek_process.setup.lineage = &lineage;
        ek_process.serving_since_ns = ek_now_ns();
}

const struct ek_lineage *ek_leg_lineage(void)
{
        return &lineage;
}
