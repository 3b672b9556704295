/* SPDX-License-Identifier: MIT */
/* Measurements of one thing, taken again and again, and how they spread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct samples {
        uint64_t *values;
        size_t count, capacity;
};

struct spread {
        uint64_t median;
        uint64_t percentile_99; /* 99 of 100 are not above it */
        uint64_t largest;
};

/** Adds one: 0 or ENOMEM. */
int samples_add(struct samples *samples, uint64_t value);

/** All zero where there is no sample. They are sorted in place. */
struct spread samples_spread(const struct samples *samples);

/** 0 where there is no sample. */
uint64_t samples_largest(const struct samples *samples);

void samples_deinit(struct samples *samples);
