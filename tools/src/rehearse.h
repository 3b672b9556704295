/* SPDX-License-Identifier: MIT */
/* Several rehearsals, one after the other: what an upgrade would cost at its worst. */
#pragma once

#include "options.h"
#include "samples.h"
#include "upgrade.h"

struct show;

struct item_samples {
        char name[EKIDEN_NAME_MAX + 1];
        struct samples duration; /* microseconds */
        enum verdict verdict; /* the worst of all */
        char reason[VERDICT_REASON_SIZE]; /* that came with it */
};

struct rehearsals {
        uint32_t times; /* as many as were asked for */
        uint32_t done;
        struct samples pause, total; /* microseconds */
        struct item_samples *items; /* in the order in which they were first told of */
        size_t item_count, item_capacity;
        struct upgrade last; /* the one that was done last */
};

/** Makes options->times rehearsals, until one fails, and shows how they spread. Returns the exit
 *  status. */
int command_rehearse(const struct options *options, struct show *show);
