/* SPDX-License-Identifier: MIT */
/* What a run has shown: a table for people, JSON for scripts. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "load.h"
#include "measure.h"

static const struct {
        const char *name, *key;
        double share;
} quantiles[] = {
        {"latency, median", "median", 0.5},
        {"latency, 90 %", "percentile_90", 0.9},
        {"latency, 99 %", "percentile_99", 0.99},
        {"latency, 99.9 %", "percentile_99_9", 0.999},
        {"latency, 99.99 %", "percentile_99_99", 0.9999},
};

#define QUANTILES (sizeof(quantiles) / sizeof(quantiles[0]))

static double microseconds(uint64_t ns)
{
        return (double)ns / 1e3;
}

static void print_count(const char *name, uint64_t count)
{
        printf("%-36s %14" PRIu64 "\n", name, count);
}

static void print_table(const struct load *load, uint64_t elapsed_ns)
{
        const struct timeline *timeline = &load->timeline;

        printf("%-36s %14.3f s\n", "time", (double)elapsed_ns / 1e9);
        print_count("reads", load->reads);
        print_count("writes acknowledged", load->writes);
        print_count("deletions acknowledged", load->deletions);
        print_count("operations with a lost connection", load->lost);
        print_count("reconnections", load->reconnections);
        print_count("errors", load->errors);
        print_count("wrong reads", load->wrong);
        printf("%-36s %14.0f /s\n", "throughput",
               (double)timeline->operations * 1e9 / (double)elapsed_ns);
        for (size_t i = 0; i < QUANTILES; i++)
                printf("%-36s %14.1f us\n", quantiles[i].name,
                       microseconds(histogram_quantile(&timeline->latencies, quantiles[i].share)));
        printf("%-36s %14.1f us\n", "latency, largest", microseconds(timeline->latencies.largest));
        printf("%-36s %14.1f us, at %.3f s\n", "longest time without any success",
               microseconds(timeline->gap_ns),
               (double)(timeline->gap_began_ns - timeline->began_ns) / 1e9);
        if (load->wrong > 0)
                printf("the first wrong read: %s\n", load->wrong_example);
        if (load->errors > 0)
                printf("the first error: %s\n", load->error_example);
}

static void print_json(const struct load *load, uint64_t elapsed_ns, FILE *out)
{
        const struct timeline *timeline = &load->timeline;

        fprintf(out, "{\n  \"began_ns\": %" PRIu64 ", \"elapsed_us\": %.1f, \"connections\": %u, ",
                timeline->began_ns, microseconds(elapsed_ns), load->settings->connections);
        fprintf(out, "\"rate\": %g,\n  \"operations\": %" PRIu64 ", \"reads\": %" PRIu64 ", ",
                load->settings->rate, timeline->operations, load->reads);
        fprintf(out, "\"writes\": %" PRIu64 ", \"deletions\": %" PRIu64 ", \"failed\": %" PRIu64,
                load->writes, load->deletions, timeline->failed);
        fprintf(out, ",\n  \"lost\": %" PRIu64 ", \"reconnections\": %" PRIu64, load->lost,
                load->reconnections);
        fprintf(out, ", \"errors\": %" PRIu64 ", \"wrong\": %" PRIu64, load->errors, load->wrong);
        fprintf(out, ",\n  \"gap_us\": %.1f, \"gap_began_us\": %.1f,\n  \"latency_us\": {",
                microseconds(timeline->gap_ns),
                microseconds(timeline->gap_began_ns - timeline->began_ns));
        for (size_t i = 0; i < QUANTILES; i++)
                fprintf(out, "\"%s\": %.1f, ", quantiles[i].key,
                        microseconds(histogram_quantile(&timeline->latencies, quantiles[i].share)));
        fprintf(out, "\"largest\": %.1f},\n  \"slice_ms\": %u,\n  \"timeline\": ",
                microseconds(timeline->latencies.largest), load->settings->slice_ms);
        timeline_print_json(timeline, out);
        fputs("\n}\n", out);
}

void load_report(const struct load *load, uint64_t elapsed_ns)
{
        FILE *out;

        print_table(load, elapsed_ns);
        if (!load->settings->json)
                return;
        out = fopen(load->settings->json, "we");
        if (!out)
                fail("cannot write %s: %s", load->settings->json, strerror(errno));
        print_json(load, elapsed_ns, out);
        if (ferror(out) | fclose(out))
                fail("cannot write %s: %s", load->settings->json, strerror(errno));
}
