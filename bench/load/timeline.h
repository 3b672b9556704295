/* SPDX-License-Identifier: MIT */
/*
 * What clients saw, all in all and slice of time by slice of time. An operation belongs to the
 * slice in which it was answered.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "histogram.h"

struct slice {
        uint64_t operations, failed;
        uint64_t percentile_99_9_ns, largest_ns;
};

struct timeline {
        uint64_t began_ns, slice_ns;
        struct slice *slices;
        size_t count, room;
        struct slice current;
        struct histogram current_latencies;

        struct histogram latencies; /* of all */
        uint64_t operations, failed;
        uint64_t last_success_ns;
        uint64_t gap_ns, gap_began_ns; /* the longest time without any success */
};

void timeline_begin(struct timeline *timeline, uint64_t now_ns, uint64_t slice_ns);

/** An operation was answered as it should be. */
void timeline_success(struct timeline *timeline, uint64_t now_ns, uint64_t intended_ns);

/** An operation failed: its connection was lost, or the answer was an error. */
void timeline_failure(struct timeline *timeline, uint64_t now_ns);

/** Ends the slices that are over; once more for the last one. */
void timeline_advance(struct timeline *timeline, uint64_t now_ns);

/** The slices as a JSON array of objects. */
void timeline_print_json(const struct timeline *timeline, FILE *out);

void timeline_deinit(struct timeline *timeline);
