/* SPDX-License-Identifier: MIT */
/*
 * What a rehearsal foretells, and what it costs: the pause of each beside that of the upgrade right
 * after it; the latencies of clients while rehearsals go on beside those without; and a thousand of
 * them in a row, after which the service must be as it was: its memory, its descriptors, its state.
 *
 *     rehearsals [--pairs N] [--seconds S] [--row N] TOOL INSPECT BINARY BINARY
 */
#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "footprint.h"
#include "operator.h"
#include "service.h"

#define CLIENTS 8
#define PACE_US 1000
#define LEAVING_MS 1500 /* until a dismissed successor is gone, and reaped */
#define BETWEEN_MS 50 /* two rehearsals, while latencies are taken */
#define GROWTH_BYTES (1 << 20) /* pages that the allocator happens to hold */

struct figures {
        struct histogram foretold_us, taken_us; /* pauses */
        struct histogram quiet_ns, busy_ns; /* latencies */
        uint64_t ratios[1000]; /* taken / foretold, per mille, of each pair */
        unsigned int pair_count, rehearsal_count;
        struct footprint before, after;
};

static struct {
        unsigned int pairs, seconds, row;
        const char *tool, *inspect, *binaries[2];
        struct service service;
        struct figures figures;
} run = {.pairs = 100, .seconds = 10, .row = 1000};

static void sleep_ms(unsigned int ms)
{
        const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

        nanosleep(&time, NULL);
}

static bool order(const char *option, const char *binary, struct outcome *ret_outcome)
{
        const struct order to = {
                .tool = run.tool, .option = option, .pid = run.service.pid, .binary = binary};

        *ret_outcome = operator_order(&to);
        if (!ret_outcome->is_good)
                fprintf(stderr, "rehearsals: %s failed: %s\n", option ? option : "an upgrade",
                        ret_outcome->sentence);
        service_reap();
        return ret_outcome->is_good;
}

/* A rehearsal, and right after it the upgrade that it foretells. */
static bool compare_pauses(void)
{
        for (unsigned int i = 1; i <= run.pairs; i++) {
                const char *binary = run.binaries[i % 2];
                struct outcome rehearsal, upgrade;

                if (!order("--rehearse", binary, &rehearsal) || !order(NULL, binary, &upgrade))
                        return false;
                run.service.pid = upgrade.successor;
                histogram_add(&run.figures.foretold_us, rehearsal.pause_us);
                histogram_add(&run.figures.taken_us, upgrade.pause_us);
                run.figures.ratios[run.figures.pair_count++] =
                        upgrade.pause_us * 1000 / (rehearsal.pause_us > 0 ? rehearsal.pause_us : 1);
        }
        return true;
}

/* Short windows with and without rehearsals take turns, so that the machine's moods are in both. */
static bool compare_latencies(void)
{
        int *window = &run.service.shared->control.window;

        for (unsigned int second = 0; second < run.seconds * 2; second++) {
                unsigned int ms = 0;
                struct outcome outcome;

                __atomic_store_n(window, second % 2 ? WINDOW_BUSY : WINDOW_QUIET, __ATOMIC_RELAXED);
                for (; ms < 1000; ms += BETWEEN_MS) {
                        sleep_ms(BETWEEN_MS);
                        if (second % 2 && !order("--rehearse", run.binaries[0], &outcome))
                                return false;
                        run.figures.rehearsal_count += second % 2;
                }
        }
        __atomic_store_n(window, WINDOW_QUIET, __ATOMIC_RELAXED);
        service_latencies(&run.service, WINDOW_QUIET, &run.figures.quiet_ns);
        service_latencies(&run.service, WINDOW_BUSY, &run.figures.busy_ns);
        return true;
}

static bool take_snapshot(char *path, size_t size, const char *name)
{
        struct order to = {.tool = run.tool, .file = path, .pid = run.service.pid};
        struct outcome outcome;

        snprintf(path, size, "%s/%s", run.service.directory, name);
        outcome = operator_order(&to);
        if (!outcome.is_good)
                fprintf(stderr, "rehearsals: no snapshot: %s\n", outcome.sentence);
        return outcome.is_good;
}

static bool check_footprints(void)
{
        const struct footprint *before = &run.figures.before, *after = &run.figures.after;

        if (after->resident_bytes <= before->resident_bytes + GROWTH_BYTES &&
            after->descriptors == before->descriptors && after->threads == before->threads &&
            after->children == before->children)
                return true;
        fprintf(stderr,
                "rehearsals: the service is not as it was: %" PRIu64 " bytes, not %" PRIu64
                "; %u descriptors, not %u; %u threads, not %u; %u children, not %u\n",
                after->resident_bytes, before->resident_bytes, after->descriptors,
                before->descriptors, after->threads, before->threads, after->children,
                before->children);
        return false;
}

/* The first rehearsal may still fill the allocator's bins; the clients wait meanwhile. */
static bool leave_as_it_was(void)
{
        char older[128], newer[128];
        struct outcome outcome;
        bool is_good = service_hold(&run.service, true) &&
                       order("--rehearse", run.binaries[0], &outcome) &&
                       take_snapshot(older, sizeof(older), "before.ekiden");

        sleep_ms(LEAVING_MS);
        is_good = is_good && footprint_of(run.service.pid, &run.figures.before);
        for (unsigned int i = 0; is_good && i < run.row; i++)
                is_good = order("--rehearse", run.binaries[0], &outcome);
        sleep_ms(LEAVING_MS);
        is_good = is_good && footprint_of(run.service.pid, &run.figures.after) &&
                  take_snapshot(newer, sizeof(newer), "after.ekiden") && check_footprints();
        if (is_good && !operator_same(run.inspect, older, newer)) {
                fprintf(stderr, "rehearsals: the state is not as it was\n");
                is_good = false;
        }
        unlink(older);
        unlink(newer);
        return service_hold(&run.service, false) && is_good;
}

static int compare_numbers(const void *a, const void *b)
{
        const uint64_t *left = a, *right = b;

        return *left < *right ? -1 : *left > *right;
}

static void print_row(const char *name, const struct histogram *of, double unit)
{
        printf("  %-34s %10.3f %10.3f %10.3f %10.3f\n", name,
               (double)histogram_quantile(of, 0.5) / unit,
               (double)histogram_quantile(of, 0.99) / unit,
               (double)histogram_quantile(of, 0.999) / unit, (double)of->largest / unit);
}

static void print_table(void)
{
        struct figures *figures = &run.figures;
        unsigned int count = figures->pair_count;

        qsort(figures->ratios, count, sizeof(figures->ratios[0]), compare_numbers);
        printf("  %-34s %10s %10s %10s %10s\n", "ms", "median", "99 %", "99.9 %", "largest");
        print_row("pause, as rehearsed", &figures->foretold_us, 1e3);
        print_row("pause, of the upgrade behind it", &figures->taken_us, 1e3);
        print_row("a client's answer, undisturbed", &figures->quiet_ns, 1e6);
        print_row("a client's answer, while rehearsing", &figures->busy_ns, 1e6);
        printf("\n  upgrade's pause / rehearsal's, of %u pairs: median %.2f, 10 to 90 %% of them "
               "%.2f to %.2f\n",
               count, (double)figures->ratios[count / 2] / 1e3,
               (double)figures->ratios[count / 10] / 1e3,
               (double)figures->ratios[count - 1 - count / 10] / 1e3);
        printf("  %u rehearsals while latencies were taken, 1 in %u ms\n", figures->rehearsal_count,
               BETWEEN_MS);
        printf("  %u in a row: resident %" PRIu64 " → %" PRIu64 " KiB, descriptors %u → %u, "
               "children %u → %u, the state is the same\n",
               run.row, figures->before.resident_bytes / 1024, figures->after.resident_bytes / 1024,
               figures->before.descriptors, figures->after.descriptors, figures->before.children,
               figures->after.children);
}

static unsigned int parse_number(const char *text, unsigned int largest, struct argp_state *state)
{
        char *end;
        unsigned long value = strtoul(text, &end, 10);

        if (end == text || *end || value < 1 || value > largest)
                argp_error(state, "\"%s\" is no number from 1 to %u", text, largest);
        return (unsigned int)value;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
        const char **places[] = {&run.tool, &run.inspect, &run.binaries[0], &run.binaries[1]};

        switch (key) {
        case 'p':
                run.pairs = parse_number(argument, 1000, state);
                return 0;
        case 's':
                run.seconds = parse_number(argument, 3600, state);
                return 0;
        case 'r':
                run.row = parse_number(argument, 100000, state);
                return 0;
        case ARGP_KEY_ARG:
                if (state->arg_num > 3)
                        argp_usage(state);
                *places[state->arg_num] = argument;
                return 0;
        case ARGP_KEY_END:
                if (state->arg_num < 4)
                        argp_usage(state);
                return 0;
        default:
                return ARGP_ERR_UNKNOWN;
        }
}

int main(int argc, char **argv)
{
        static const struct argp_option options[] = {
                {"pairs", 'p', "N", 0, "Rehearsals, each with its upgrade (default: 100)", 0},
                {"seconds", 's', "S", 0, "How long latencies are taken, each way (default: 10)", 0},
                {"row", 'r', "N", 0, "Rehearsals in a row (default: 1000)", 0},
                {0},
        };
        static const struct argp parser = {
                .options = options,
                .parser = parse,
                .args_doc = "TOOL INSPECT BINARY BINARY",
                .doc = "Rehearse upgrades of a service under load: what they foretell, what they "
                       "cost, and what they leave.",
        };
        unsigned int unhappy = 0;
        bool is_good;

        argp_parse(&parser, argc, argv, 0, NULL, NULL);
        is_good = service_start(&run.service, run.binaries[0], CLIENTS, PACE_US);
        is_good = is_good && compare_pauses() && compare_latencies() && leave_as_it_was();
        if (run.service.shared)
                unhappy = service_settle(&run.service);
        is_good = is_good && unhappy == 0;
        if (is_good)
                print_table();
        service_end(&run.service);
        rmdir(run.service.directory);
        return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
