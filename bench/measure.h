/* SPDX-License-Identifier: MIT */
/*
 * Samples and what is said of them. Every bench program prints its results as rows; bench.sh makes
 * the table and the JSON of them.
 */
#pragma once

#include <stddef.h>

#define SAMPLES_MAX 4096

struct samples {
        size_t count;
        double values[SAMPLES_MAX];
};

/* One line of the table. */
struct row {
        const char *group; /* what was measured … */
        const char *name; /* … and which case of it */
        const char *unit;
        const struct samples *measured;
        const char *against; /* what it is compared with; NULL: nothing */
        const struct samples *reference; /* as many samples; the n-th of each are a pair */
        enum {
                BOUND_NONE = 0,
                BOUND_VALUE, /* on the median of what was measured */
                BOUND_RATIO, /* on the median of the pairs' ratios */
        } bound_kind;
        double bound;
};

/** Adds a sample; past SAMPLES_MAX it is an error that ends the program. */
void samples_add(struct samples *samples, double value);

/** The value below which a share (0 to 1) of the samples lies; the samples stay as they are. */
double samples_quantile(const struct samples *samples, double share);

/** Prints a row on standard output, its columns separated by tabs. */
void row_print(const struct row *row);

/** Ends the program with a sentence on standard error, and status 1. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
