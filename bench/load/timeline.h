/* SPDX-License-Identifier: MIT */
/*
 * What clients saw, all in all and slice of time by slice of time. An answer counts in the slice in
 * which it came; its latency belongs to the slice in which the operation was due, so that a slice
 * says what somebody waited who asked at that time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "histogram.h"

struct slice {
        uint64_t operations, failed;
        struct histogram *latencies; /* NULL: none */
};

struct timeline {
        uint64_t began_ns, slice_ns;
        struct slice *slices;
        size_t count, room;

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

/** The slices as a JSON array of objects. */
void timeline_print_json(const struct timeline *timeline, FILE *out);

void timeline_deinit(struct timeline *timeline);
