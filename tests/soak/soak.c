/* SPDX-License-Identifier: MIT */
/*
 * Thousands of upgrades of one service under load, up and down between two versions: nothing that
 * was acknowledged may be lost, doubled or moved, and the process of the last leg must be no larger
 * than that of the tenth.
 *
 *     soak [--upgrades N] [--clients N] [--pace US] [--keep-pid] [--json] TOOL BINARY BINARY
 */
#include <argp.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "footprint.h"
#include "operator.h"
#include "service.h"

#define FIRST_LEG 10 /* whose footprint is the measure */
#define SETTLE_MS 100 /* before a footprint is taken */
#define GROWTH_BYTES (1 << 20) /* pages that the allocator happens to hold */

struct soak {
        unsigned int upgrades, clients, pace_us;
        bool is_json, keeps_pid;
        const char *tool, *binaries[2];
        struct service service;
        struct histogram pauses, totals;
        struct footprint first, last;
        unsigned int done;
        double seconds;
};

static double now_s(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void sleep_us(long us)
{
        const struct timespec time = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};

        nanosleep(&time, NULL);
}

static bool take_footprint(const struct soak *soak, struct footprint *ret_footprint)
{
        sleep_us(SETTLE_MS * 1000L);
        if (footprint_of(soak->service.pid, ret_footprint))
                return true;
        fprintf(stderr, "soak: process %d is gone\n", (int)soak->service.pid);
        return false;
}

/* Legs are counted from 1; the first upgrade leads to the second. */
static bool upgrade(struct soak *soak, unsigned int number)
{
        const struct order order = {
                .tool = soak->tool,
                .option = soak->keeps_pid ? "--keep-pid" : NULL,
                .pid = soak->service.pid,
                .binary = soak->binaries[number % 2],
        };
        struct outcome outcome = operator_order(&order);

        if (!outcome.is_good) {
                fprintf(stderr, "soak: upgrade %u failed: %s\n", number, outcome.sentence);
                return false;
        }
        if (soak->keeps_pid && outcome.successor != soak->service.pid) {
                fprintf(stderr, "soak: upgrade %u did not keep the PID\n", number);
                return false;
        }
        soak->service.pid = outcome.successor;
        histogram_add(&soak->pauses, outcome.pause_us);
        histogram_add(&soak->totals, outcome.total_us);
        soak->done++;
        service_reap();
        return number + 1 != FIRST_LEG || take_footprint(soak, &soak->first);
}

static void show_progress(const struct soak *soak, double began_s)
{
        static double shown_s;
        double now = now_s();

        if (!isatty(STDERR_FILENO) || now - shown_s < 0.5)
                return;
        shown_s = now;
        fprintf(stderr, "\r%u of %u upgrades, %.0f s, %" PRIu64 " writes \b", soak->done,
                soak->upgrades, now - began_s, service_acknowledged(&soak->service));
}

static bool run_upgrades(struct soak *soak)
{
        double began_s = now_s();
        bool is_good = true;

        for (unsigned int i = 1; is_good && i <= soak->upgrades; i++) {
                is_good = upgrade(soak, i);
                show_progress(soak, began_s);
                sleep_us(random() % 3000);
        }
        soak->seconds = now_s() - began_s;
        if (isatty(STDERR_FILENO))
                fprintf(stderr, "\r\033[K");
        return is_good && take_footprint(soak, &soak->last);
}

/* What is in the control sockets' directory beside the one that serves. */
static unsigned int count_left_over(const struct service *service)
{
        DIR *directory = opendir(service->directory);
        unsigned int count = 0;
        const struct dirent *entry;

        while (directory && (entry = readdir(directory)))
                count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
        if (directory)
                closedir(directory);
        return count > 0 ? count - 1 : 0;
}

static bool check_figure(const char *what, uint64_t first, uint64_t last, uint64_t allowed)
{
        if (last <= first + allowed)
                return true;
        fprintf(stderr, "soak: %s grew from %" PRIu64 " to %" PRIu64 "\n", what, first, last);
        return false;
}

static bool check_footprints(const struct soak *soak)
{
        const struct footprint *first = &soak->first, *last = &soak->last;
        bool is_good = true;

        if (soak->done + 1 < FIRST_LEG)
                return true;
        is_good &= check_figure("resident memory", first->resident_bytes, last->resident_bytes,
                                GROWTH_BYTES);
        is_good &= check_figure("descriptors", first->descriptors, last->descriptors, 0);
        is_good &= check_figure("threads", first->threads, last->threads, 0);
        is_good &= check_figure("children", 0, last->children, 0);
        return is_good && check_figure("what is left beside the control socket", 0,
                                       count_left_over(&soak->service), 0);
}

static void print_latency(const char *name, const struct histogram *of, double unit)
{
        printf("  %-22s %10.3f %10.3f %10.3f %10.3f\n", name,
               (double)histogram_quantile(of, 0.5) / unit,
               (double)histogram_quantile(of, 0.99) / unit,
               (double)histogram_quantile(of, 0.999) / unit, (double)of->largest / unit);
}

static void print_table(const struct soak *soak, unsigned int unhappy)
{
        static struct histogram latencies;

        service_latencies(&soak->service, WINDOW_QUIET, &latencies);
        printf("%u upgrades in %.0f s, with %u clients: %" PRIu64 " writes acknowledged, "
               "%u clients not content\n\n",
               soak->done, soak->seconds, soak->clients, service_acknowledged(&soak->service),
               unhappy);
        printf("  %-22s %10s %10s %10s %10s\n", "ms", "median", "99 %", "99.9 %", "largest");
        print_latency("pause", &soak->pauses, 1e3);
        print_latency("upgrade", &soak->totals, 1e3);
        print_latency("a client's answer", &latencies, 1e6);
        printf("\n  %-22s %10s %10s\n", "the process", "leg 10", "the last");
        printf("  %-22s %10" PRIu64 " %10" PRIu64 "\n", "resident KiB",
               soak->first.resident_bytes / 1024, soak->last.resident_bytes / 1024);
        printf("  %-22s %10u %10u\n", "descriptors", soak->first.descriptors,
               soak->last.descriptors);
        printf("  %-22s %10u %10u\n", "threads", soak->first.threads, soak->last.threads);
}

static void print_json(const struct soak *soak, unsigned int unhappy)
{
        printf("{\"upgrades\":%u,\"seconds\":%.1f,\"clients\":%u,\"acknowledged\":%" PRIu64
               ",\"not_content\":%u,\"pause_us\":{\"median\":%" PRIu64 ",\"p999\":%" PRIu64
               ",\"largest\":%" PRIu64 "},\"resident_bytes\":[%" PRIu64 ",%" PRIu64
               "],\"descriptors\":[%u,%u],\"threads\":[%u,%u]}\n",
               soak->done, soak->seconds, soak->clients, service_acknowledged(&soak->service),
               unhappy, histogram_quantile(&soak->pauses, 0.5),
               histogram_quantile(&soak->pauses, 0.999), soak->pauses.largest,
               soak->first.resident_bytes, soak->last.resident_bytes, soak->first.descriptors,
               soak->last.descriptors, soak->first.threads, soak->last.threads);
}

static unsigned int parse_number(const char *text, unsigned int largest, struct argp_state *state)
{
        char *end;
        unsigned long value = strtoul(text, &end, 10);

        if (end == text || *end || value > largest)
                argp_error(state, "\"%s\" is no number from 0 to %u", text, largest);
        return (unsigned int)value;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
        struct soak *soak = state->input;

        switch (key) {
        case 'u':
                soak->upgrades = parse_number(argument, 1000000, state);
                return 0;
        case 'c':
                soak->clients = parse_number(argument, CLIENTS_MAX, state);
                return 0;
        case 'p':
                soak->pace_us = parse_number(argument, 1000000, state);
                return 0;
        case 'k':
                soak->keeps_pid = true;
                return 0;
        case 'j':
                soak->is_json = true;
                return 0;
        case ARGP_KEY_ARG:
                if (state->arg_num > 2)
                        argp_usage(state);
                *(state->arg_num == 0 ? &soak->tool : &soak->binaries[state->arg_num - 1]) =
                        argument;
                return 0;
        case ARGP_KEY_END:
                if (state->arg_num < 3)
                        argp_usage(state);
                return 0;
        default:
                return ARGP_ERR_UNKNOWN;
        }
}

int main(int argc, char **argv)
{
        static const struct argp_option options[] = {
                {"upgrades", 'u', "N", 0, "How many (default: 300)", 0},
                {"clients", 'c', "N", 0, "How many write at the same time (default: 8)", 0},
                {"pace", 'p', "US", 0, "Pause of a client between its rounds (default: 1000)", 0},
                {"keep-pid", 'k', NULL, 0, "The new version runs under the PID of the old one", 0},
                {"json", 'j', NULL, 0, "Print one JSON object in place of a table", 0},
                {0},
        };
        static const struct argp parser = {
                .options = options,
                .parser = parse,
                .args_doc = "TOOL BINARY BINARY",
                .doc = "Upgrade a service under load, again and again, and check that nothing is "
                       "lost and nothing grows.",
        };
        static struct soak soak = {.upgrades = 300, .clients = 8, .pace_us = 1000};
        unsigned int unhappy = 0;
        bool is_good;

        argp_parse(&parser, argc, argv, 0, NULL, &soak);
        is_good = service_start(&soak.service, soak.binaries[0], soak.clients, soak.pace_us) &&
                  run_upgrades(&soak);
        if (soak.service.shared)
                unhappy = service_settle(&soak.service);
        is_good = is_good && unhappy == 0 && check_footprints(&soak);
        if (soak.service.shared) {
                if (soak.is_json)
                        print_json(&soak, unhappy);
                else
                        print_table(&soak, unhappy);
        }
        is_good &= service_end(&soak.service);
        return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
