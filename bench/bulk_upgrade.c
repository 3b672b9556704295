/* SPDX-License-Identifier: MIT */
/*
 * What many descriptors and many records add to a pause: the pause with them less the pause of the
 * same server without, beside the same descriptors and as many bytes on a bare socket pair.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "measure.h"
#include "operator.h"
#include "placement.h"
#include "server.h"
#include "socket_pair.h"

#define PROGRAM "bulk"
#define ENTRIES 100000
#define DESCRIPTORS_MOST 5000
#define DESCRIPTORS_OTHER 100 /* that a process has beside those */
#define GROUP 253 /* SCM_MAX_FD of unix(7) */
#define BLOCK ((size_t)256 << 10)
#define REPETITIONS_MAX 1000

struct descriptor_case {
        size_t count;
        const char *name;
        struct samples each, bare;
};

static struct descriptor_case descriptor_cases[] = {
        {.count = 1, .name = "1 descriptor"},
        {.count = 253, .name = "253, for each"},
        {.count = DESCRIPTORS_MOST, .name = "5000, for each"},
};

#define DESCRIPTOR_CASES (sizeof(descriptor_cases) / sizeof(descriptor_cases[0]))

static struct samples pauses_empty, records_per_second, megabytes_per_second, bare_megabytes;
static const char *binary;
static int descriptors[DESCRIPTORS_MOST];

static void raise_limit(void)
{
        struct rlimit limit;

        getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) < 0 ||
            limit.rlim_cur < DESCRIPTORS_MOST + DESCRIPTORS_OTHER)
                fail("the limit on open files (RLIMIT_NOFILE) must be %d",
                     DESCRIPTORS_MOST + DESCRIPTORS_OTHER);
}

/* One upgrade of a new server that holds so much. */
static struct upgrade_figures upgrade(size_t descriptor_count, size_t entry_count)
{
        char descriptor_text[24], entry_text[24];
        const char *const arguments[] = {binary, descriptor_text, entry_text, NULL};
        struct upgrade_figures figures;
        struct server server;

        snprintf(descriptor_text, sizeof(descriptor_text), "%zu", descriptor_count);
        snprintf(entry_text, sizeof(entry_text), "%zu", entry_count);
        server_start(&server, PROGRAM, arguments);
        operator_upgrade(&server, binary, &figures);
        server_stop(&server);
        if (figures.descriptors != descriptor_count ||
            figures.records != descriptor_count + entry_count)
                fail("not everything crossed");
        return figures;
}

static void measure_descriptors(struct descriptor_case *measured, double pause_empty_us)
{
        double count = (double)measured->count;
        struct far_end far;

        samples_add(&measured->each,
                    (upgrade(measured->count, 0).pause_us - pause_empty_us) / count);
        descriptor_sink_start(&far, BUFFER_LARGE);
        descriptor_sink_send_us(&far, descriptors, 1, 1); /* it has started, then */
        samples_add(&measured->bare,
                    descriptor_sink_send_us(&far, descriptors, measured->count, GROUP) / count);
        far_end_stop(&far);
}

static void measure_all_descriptors(void)
{
        double pause_empty_us = upgrade(0, 0).pause_us;

        samples_add(&pauses_empty, pause_empty_us);
        for (size_t i = 0; i < DESCRIPTOR_CASES; i++)
                measure_descriptors(&descriptor_cases[i], pause_empty_us);
}

/* Both ends work at once, so they may have a CPU each. */
static void measure_records(void)
{
        double pause_empty_us = upgrade(0, 0).pause_us;
        struct upgrade_figures figures = upgrade(0, ENTRIES);
        double elapsed_us = figures.pause_us - pause_empty_us;
        size_t blocks = (size_t)figures.bytes / BLOCK + 1;
        struct far_end far;

        samples_add(&records_per_second, ENTRIES / elapsed_us * 1e6);
        samples_add(&megabytes_per_second, (double)figures.bytes / elapsed_us);
        sink_start(&far, BUFFER_LARGE, BLOCK);
        sink_send_us(&far, BLOCK, BLOCK); /* it has started, then */
        samples_add(&bare_megabytes,
                    (double)(blocks * BLOCK) / sink_send_us(&far, blocks * BLOCK, BLOCK));
        far_end_stop(&far);
}

static void report(void)
{
        row_print(&(struct row){
                .group = "one CPU: pause with much",
                .name = "nothing",
                .unit = "us",
                .measured = &pauses_empty,
        });
        for (size_t i = 0; i < DESCRIPTOR_CASES; i++)
                row_print(&(struct row){
                        .group = "one CPU: pause with much",
                        .name = descriptor_cases[i].name,
                        .unit = "us",
                        .measured = &descriptor_cases[i].each,
                        .against = "bare SCM_RIGHTS",
                        .reference = &descriptor_cases[i].bare,
                });
        row_print(&(struct row){
                .group = "two CPUs: pause with much",
                .name = "100000 records",
                .unit = "records/s",
                .measured = &records_per_second,
        });
        row_print(&(struct row){
                .group = "two CPUs: pause with much",
                .name = "100000 records of 130 bytes",
                .unit = "MB/s",
                .measured = &megabytes_per_second,
                .against = "bare bytes",
                .reference = &bare_megabytes,
        });
}

int main(int argc, char **argv)
{
        unsigned long repetitions = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;

        if (repetitions == 0 || repetitions > REPETITIONS_MAX)
                fail("usage: bulk-upgrade REPETITIONS BULK-SERVER");
        binary = argv[2];
        raise_limit();
        servers_prepare();
        for (size_t i = 0; i < DESCRIPTORS_MOST; i++)
                descriptors[i] = eventfd(0, EFD_CLOEXEC);
        for (unsigned long i = 0; i < repetitions; i++) {
                placement_first(0);
                measure_all_descriptors();
                placement_any(0);
                measure_records();
        }
        report();
        return EXIT_SUCCESS;
}
