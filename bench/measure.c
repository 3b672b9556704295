/* SPDX-License-Identifier: MIT */
/*
 * Medians throughout: on a machine that does other things too, the mean is theirs. Ratios are taken
 * pair by pair and then the median of them, so that a slow minute slows both sides of a pair.
 */
#include "measure.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fail(const char *format, ...)
{
        va_list arguments;

        fprintf(stderr, "bench: ");
        va_start(arguments, format);
        vfprintf(stderr, format, arguments);
        va_end(arguments);
        fprintf(stderr, "\n");
        exit(EXIT_FAILURE);
}

void samples_add(struct samples *samples, double value)
{
        if (samples->count == SAMPLES_MAX)
                fail("more than %d samples", SAMPLES_MAX);
        samples->values[samples->count++] = value;
}

static int compare(const void *left, const void *right)
{
        double a = *(const double *)left;
        double b = *(const double *)right;

        return a < b ? -1 : a > b;
}

double samples_quantile(const struct samples *samples, double share)
{
        static double sorted[SAMPLES_MAX];
        double place = share * (double)(samples->count - 1);
        size_t below = (size_t)place;

        if (samples->count == 0)
                fail("nothing was measured");
        memcpy(sorted, samples->values, samples->count * sizeof(sorted[0]));
        qsort(sorted, samples->count, sizeof(sorted[0]), compare);
        if (below + 1 == samples->count)
                return sorted[below];
        return sorted[below] + (place - (double)below) * (sorted[below + 1] - sorted[below]);
}

static double median_ratio(const struct row *row)
{
        static struct samples ratios;

        if (row->measured->count != row->reference->count)
                fail("%s, %s: the samples are not paired", row->group, row->name);
        ratios.count = 0;
        for (size_t i = 0; i < row->measured->count; i++)
                samples_add(&ratios, row->measured->values[i] / row->reference->values[i]);
        return samples_quantile(&ratios, 0.5);
}

static void print_verdict(const struct row *row, double median, double ratio)
{
        double value = row->bound_kind == BOUND_RATIO ? ratio : median;

        if (row->bound_kind == BOUND_NONE)
                printf("-\t-\t-\n");
        else
                printf("%s\t%g\t%s\n", row->bound_kind == BOUND_RATIO ? "ratio" : "value",
                       row->bound, value <= row->bound ? "pass" : "MISSED");
}

void row_print(const struct row *row)
{
        double median = samples_quantile(row->measured, 0.5);
        double ratio = 0;

        printf("%s\t%s\t%s\t%zu\t%.3f\t%.3f\t%.3f\t", row->group, row->name, row->unit,
               row->measured->count, median, samples_quantile(row->measured, 0.1),
               samples_quantile(row->measured, 0.9));
        if (row->against) {
                ratio = median_ratio(row);
                printf("%s\t%.3f\t%.3f\t", row->against, samples_quantile(row->reference, 0.5),
                       ratio);
        } else {
                printf("-\t-\t-\t");
        }
        print_verdict(row, median, ratio);
        fflush(stdout);
}
