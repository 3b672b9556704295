/* SPDX-License-Identifier: MIT */
/* See timeline.h. */
#include "timeline.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"

#define ROOM_FIRST 1024
#define SLICES_MOST 20000 /* each with a histogram of 16 KiB */

void timeline_begin(struct timeline *timeline, uint64_t now_ns, uint64_t slice_ns)
{
        *timeline = (struct timeline){
                .began_ns = now_ns,
                .slice_ns = slice_ns,
                .last_success_ns = now_ns,
        };
}

/* The slice that a moment belongs to. */
static struct slice *slice_at(struct timeline *timeline, uint64_t ns)
{
        size_t number = (size_t)((ns - timeline->began_ns) / timeline->slice_ns);

        if (number >= SLICES_MOST)
                fail("more than %d slices of time; choose longer ones", SLICES_MOST);
        while (number >= timeline->room) {
                size_t room = timeline->room ? timeline->room * 2 : ROOM_FIRST;

                timeline->slices =
                        reallocarray(timeline->slices, room, sizeof(timeline->slices[0]));
                if (!timeline->slices)
                        fail("memory ran out for %zu slices", room);
                memset(timeline->slices + timeline->room, 0,
                       (room - timeline->room) * sizeof(timeline->slices[0]));
                timeline->room = room;
        }
        if (number >= timeline->count)
                timeline->count = number + 1;
        return &timeline->slices[number];
}

static void add_latency(struct slice *slice, uint64_t latency_ns)
{
        if (!slice->latencies)
                slice->latencies = calloc(1, sizeof(*slice->latencies));
        if (!slice->latencies)
                fail("memory ran out");
        histogram_add(slice->latencies, latency_ns);
}

void timeline_success(struct timeline *timeline, uint64_t now_ns, uint64_t intended_ns)
{
        uint64_t gap_ns = now_ns - timeline->last_success_ns;

        slice_at(timeline, now_ns)->operations++;
        add_latency(slice_at(timeline, intended_ns), now_ns - intended_ns);
        histogram_add(&timeline->latencies, now_ns - intended_ns);
        timeline->operations++;
        if (gap_ns > timeline->gap_ns) {
                timeline->gap_ns = gap_ns;
                timeline->gap_began_ns = timeline->last_success_ns;
        }
        timeline->last_success_ns = now_ns;
}

void timeline_failure(struct timeline *timeline, uint64_t now_ns)
{
        slice_at(timeline, now_ns)->failed++;
        timeline->failed++;
}

static void print_latencies(const struct histogram *latencies, FILE *out)
{
        if (!latencies)
                fputs("\"percentile_99_9_us\": null, \"largest_us\": null}", out);
        else
                fprintf(out, "\"percentile_99_9_us\": %.1f, \"largest_us\": %.1f}",
                        (double)histogram_quantile(latencies, 0.999) / 1e3,
                        (double)latencies->largest / 1e3);
}

void timeline_print_json(const struct timeline *timeline, FILE *out)
{
        fputc('[', out);
        for (size_t i = 0; i < timeline->count; i++) {
                const struct slice *slice = &timeline->slices[i];

                fprintf(out, "%s\n    {\"ms\": %" PRIu64 ", \"operations\": %" PRIu64,
                        i > 0 ? "," : "", i * timeline->slice_ns / 1000000, slice->operations);
                fprintf(out, ", \"failed\": %" PRIu64 ", ", slice->failed);
                print_latencies(slice->latencies, out);
        }
        fputs("\n  ]", out);
}

void timeline_deinit(struct timeline *timeline)
{
        for (size_t i = 0; i < timeline->count; i++)
                free(timeline->slices[i].latencies);
        free(timeline->slices);
}
