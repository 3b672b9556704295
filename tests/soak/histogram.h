/* SPDX-License-Identifier: MIT */
/*
 * Counts of durations in buckets of about 3 % each, so that quantiles of millions of them need a
 * few kilobytes. It may lie in shared memory, where one process adds and another one reads.
 */
#pragma once

#include <stdint.h>

#define HISTOGRAM_BUCKETS (64 * 32)

struct histogram {
        uint64_t counts[HISTOGRAM_BUCKETS];
        uint64_t count;
        uint64_t largest; /* exactly */
};

void histogram_add(struct histogram *histogram, uint64_t value);

/** Adds all of another one. */
void histogram_merge(struct histogram *to, const struct histogram *from);

/** The value below which a share of all is, 0 to 1; 0 where there are none. */
uint64_t histogram_quantile(const struct histogram *histogram, double share);
