/* SPDX-License-Identifier: MIT */
/* See leg.h. */
#include "entry/leg.h"

#include <time.h>

#include "entry/process.h"
#include "handover/public_pid.h"
#include "wire/clock.h"

#define NS_PER_S UINT64_C(1000000000)

static struct ek_lineage lineage;

static void add(const struct ek_lineage *before, const struct ek_leg *leg)
{
        if (before)
                lineage = *before;
        else
                lineage.count = 0;
        ek_lineage_add(&lineage, leg);
        ek_process.setup.lineage = &lineage;
        ek_process.serving_since_ns = ek_now_ns();
}

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

        add(before, &leg);
}

/* Its beginning is known by the calendar, whose clock may have been set since. */
void ek_leg_go_on(const struct ek_lineage *before, const struct ek_leg *leg)
{
        int64_t now = (int64_t)time(NULL);
        uint64_t served_ns = 0;

        add(before, leg);
        if (leg->since > 0 && leg->since < now)
                served_ns = (uint64_t)(now - leg->since) * NS_PER_S;
        if (served_ns < ek_process.serving_since_ns)
                ek_process.serving_since_ns -= served_ns;
}

const struct ek_lineage *ek_leg_lineage(void)
{
        return &lineage;
}
