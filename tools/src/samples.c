/* SPDX-License-Identifier: MIT */
/* See samples.h. */
#include "samples.h"

#include <stdlib.h>

#include <ekiden/error.h>

int samples_add(struct samples *samples, uint64_t value)
{
        if (samples->count == samples->capacity) {
                size_t capacity = samples->capacity > 0 ? samples->capacity * 2 : 64;
                uint64_t *grown = reallocarray(samples->values, capacity, sizeof(*samples->values));

                if (!grown)
                        return EKIDEN_ENOMEM;
                samples->values = grown;
                samples->capacity = capacity;
        }
        samples->values[samples->count++] = value;
        return 0;
}

static int compare(const void *a, const void *b)
{
        const uint64_t *left = a, *right = b;

        return (*left > *right) - (*left < *right);
}

/* The smallest sample that so many of a hundred are not above (nearest rank). */
static uint64_t percentile(const struct samples *sorted, size_t percent)
{
        size_t rank = (sorted->count * percent + 99) / 100;

        return sorted->values[rank > 0 ? rank - 1 : 0];
}

struct spread samples_spread(const struct samples *samples)
{
        if (samples->count == 0)
                return (struct spread){0};
        qsort(samples->values, samples->count, sizeof(*samples->values), compare);
        return (struct spread){
                .median = percentile(samples, 50),
                .percentile_99 = percentile(samples, 99),
                .largest = samples->values[samples->count - 1],
        };
}

uint64_t samples_largest(const struct samples *samples)
{
        uint64_t largest = 0;

        for (size_t i = 0; i < samples->count; i++)
                if (samples->values[i] > largest)
                        largest = samples->values[i];
        return largest;
}

void samples_deinit(struct samples *samples)
{
        free(samples->values);
        *samples = (struct samples){0};
}
