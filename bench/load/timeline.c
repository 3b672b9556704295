/* SPDX-License-Identifier: MIT */
/* See timeline.h. */
#include "timeline.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"

#define ROOM_FIRST 1024

void timeline_begin(struct timeline *timeline, uint64_t now_ns, uint64_t slice_ns)
{
        *timeline = (struct timeline){
                .began_ns = now_ns,
                .slice_ns = slice_ns,
                .last_success_ns = now_ns,
        };
}

static void end_slice(struct timeline *timeline)
{
        struct slice *current = &timeline->current;

        current->percentile_99_9_ns = histogram_quantile(&timeline->current_latencies, 0.999);
        current->largest_ns = timeline->current_latencies.largest;
        if (timeline->count == timeline->room) {
                timeline->room = timeline->room ? timeline->room * 2 : ROOM_FIRST;
                timeline->slices = realloc(timeline->slices, timeline->room * sizeof(*current));
                if (!timeline->slices)
                        fail("memory ran out for %zu slices", timeline->room);
        }
        timeline->slices[timeline->count++] = *current;
        *current = (struct slice){0};
        if (timeline->current_latencies.count > 0)
                memset(&timeline->current_latencies, 0, sizeof(timeline->current_latencies));
}

void timeline_advance(struct timeline *timeline, uint64_t now_ns)
{
        while (now_ns - timeline->began_ns >= (timeline->count + 1) * timeline->slice_ns)
                end_slice(timeline);
}

void timeline_success(struct timeline *timeline, uint64_t now_ns, uint64_t intended_ns)
{
        uint64_t gap_ns = now_ns - timeline->last_success_ns;

        timeline_advance(timeline, now_ns);
        histogram_add(&timeline->current_latencies, now_ns - intended_ns);
        histogram_add(&timeline->latencies, now_ns - intended_ns);
        timeline->current.operations++;
        timeline->operations++;
        if (gap_ns > timeline->gap_ns) {
                timeline->gap_ns = gap_ns;
                timeline->gap_began_ns = timeline->last_success_ns;
        }
        timeline->last_success_ns = now_ns;
}

void timeline_failure(struct timeline *timeline, uint64_t now_ns)
{
        timeline_advance(timeline, now_ns);
        timeline->current.failed++;
        timeline->failed++;
}

void timeline_print_json(const struct timeline *timeline, FILE *out)
{
        fputc('[', out);
        for (size_t i = 0; i < timeline->count; i++) {
                const struct slice *slice = &timeline->slices[i];

                fprintf(out,
                        "%s\n    {\"ms\": %" PRIu64 ", \"operations\": %" PRIu64
                        ", \"failed\": %" PRIu64 ", \"percentile_99_9_us\": %.1f, "
                        "\"largest_us\": %.1f}",
                        i > 0 ? "," : "", i * timeline->slice_ns / 1000000, slice->operations,
                        slice->failed, (double)slice->percentile_99_9_ns / 1e3,
                        (double)slice->largest_ns / 1e3);
        }
        fputs("\n  ]", out);
}

void timeline_deinit(struct timeline *timeline)
{
        free(timeline->slices);
}
