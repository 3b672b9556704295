/* SPDX-License-Identifier: MIT */
/* See histogram.h. A bucket is named by the value's highest bit and the five bits below it. */
#include "histogram.h"

#include <stddef.h>

#define STEP_BITS 5
#define STEPS (1 << STEP_BITS)

static size_t bucket_of(uint64_t value)
{
        int highest;

        if (value < STEPS)
                return (size_t)value;
        highest = 63 - __builtin_clzll(value);
        return (size_t)(highest - STEP_BITS + 1) * STEPS +
               (size_t)(value >> (highest - STEP_BITS) & (STEPS - 1));
}

/* The largest value of a bucket. */
static uint64_t top_of(size_t bucket)
{
        size_t shift;

        if (bucket < STEPS)
                return bucket;
        shift = bucket / STEPS - 1;
        return ((UINT64_C(1) << STEP_BITS | bucket % STEPS) << shift) +
               ((UINT64_C(1) << shift) - 1);
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
        histogram->counts[bucket_of(value)]++;
        histogram->count++;
        if (value > histogram->largest)
                histogram->largest = value;
}

void histogram_merge(struct histogram *to, const struct histogram *from)
{
        for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
                to->counts[i] += from->counts[i];
        to->count += from->count;
        if (from->largest > to->largest)
                to->largest = from->largest;
}

uint64_t histogram_quantile(const struct histogram *histogram, double share)
{
        uint64_t before = (uint64_t)(share * (double)histogram->count);
        uint64_t seen = 0;

        for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
                seen += histogram->counts[i];
                if (seen > before)
                        return top_of(i) < histogram->largest ? top_of(i) : histogram->largest;
        }
        return histogram->largest;
}
