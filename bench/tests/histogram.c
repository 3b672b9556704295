/* SPDX-License-Identifier: MIT */
/* What the timeline says of latencies is what they were. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "timeline.h"
#include "value.h"

#define VALUES 20000
#define MS UINT64_C(1000000)

static int compare(const void *left, const void *right)
{
        uint64_t a = *(const uint64_t *)left;
        uint64_t b = *(const uint64_t *)right;

        return a < b ? -1 : a > b;
}

/* Over six orders of magnitude, as latencies around a pause are. */
static uint64_t draw(uint64_t number)
{
        return value_mix(number) >> (24 + value_mix(number ^ 1) % 20);
}

Test(histogram, each_quantile_is_at_most_a_bucket_above_the_value_that_has_it)
{
        static struct histogram histogram;
        static uint64_t values[VALUES];

        for (size_t i = 0; i < VALUES; i++) {
                values[i] = draw(i);
                histogram_add(&histogram, values[i]);
        }
        qsort(values, VALUES, sizeof(values[0]), compare);
        for (size_t permille = 0; permille < 1000; permille++) {
                double share = (double)permille / 1000;
                uint64_t exact = values[(size_t)(share * VALUES)];
                uint64_t told = histogram_quantile(&histogram, share);

                cr_assert_geq(told, exact, "at %zu of 1000", permille);
                cr_assert_leq(told, exact + exact / 32, "at %zu of 1000", permille);
        }
        cr_assert_eq(histogram_quantile(&histogram, 1), values[VALUES - 1]);
        cr_assert_eq(histogram.count, VALUES);
}

Test(timeline, an_answer_counts_when_it_came_and_its_latency_when_it_was_due)
{
        static struct timeline timeline;

        timeline_begin(&timeline, 1000 * MS, 100 * MS);
        timeline_success(&timeline, 1050 * MS, 1049 * MS);
        timeline_success(&timeline, 1120 * MS, 1100 * MS);
        timeline_success(&timeline, 1350 * MS, 1110 * MS);
        timeline_failure(&timeline, 1360 * MS);
        cr_assert_eq(timeline.count, 4);
        cr_assert_eq(timeline.slices[0].operations, 1);
        cr_assert_eq(timeline.slices[0].latencies->largest, MS);
        cr_assert_eq(timeline.slices[1].operations, 1);
        cr_assert_eq(timeline.slices[1].latencies->count, 2);
        cr_assert_eq(timeline.slices[1].latencies->largest, 240 * MS);
        cr_assert_eq(timeline.slices[2].operations, 0);
        cr_assert_null(timeline.slices[2].latencies);
        cr_assert_eq(timeline.slices[3].operations, 1);
        cr_assert_eq(timeline.slices[3].failed, 1);
        cr_assert_null(timeline.slices[3].latencies);
        timeline_deinit(&timeline);
}

Test(timeline, a_pause_is_the_longest_time_without_any_success)
{
        static struct timeline timeline;

        timeline_begin(&timeline, 0, 100 * MS);
        for (uint64_t ms = 1; ms <= 1000; ms++)
                if (ms <= 400 || ms > 447)
                        timeline_success(&timeline, ms * MS, ms * MS);
        cr_assert_eq(timeline.gap_ns, 48 * MS);
        cr_assert_eq(timeline.gap_began_ns, 400 * MS);
        timeline_deinit(&timeline);
}

/* What is due while the server stands still is late by as long as it had to wait. */
Test(timeline, a_latency_counts_from_when_the_operation_should_have_been_sent)
{
        static struct timeline timeline;

        timeline_begin(&timeline, 0, 100 * MS);
        for (uint64_t ms = 0; ms < 100; ms++)
                timeline_success(&timeline, 100 * MS, ms * MS);
        cr_assert_geq(histogram_quantile(&timeline.latencies, 0.5), 49 * MS);
        cr_assert_eq(timeline.latencies.largest, 100 * MS);
        timeline_deinit(&timeline);
}
