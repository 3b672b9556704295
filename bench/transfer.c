/* SPDX-License-Identifier: MIT */
/*
 * The pause of an upgrade that moves a large table, beside inserting the same records into a fresh
 * one without any transfer, and beside the same transfer through plain protobuf-c.
 *
 *     transfer REPETITIONS RECORDS TRANSFER-SERVER
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "measure.h"
#include "operator.h"
#include "server.h"
#include "transfer_plain.h"

#define REPETITIONS_MAX 1000

static struct samples fresh, plain, pause_us, rest_us, more_memory;
static const char *binary, *record_text;
static size_t record_count;

/* A line of /proc/PID/status, in kB. */
static double status_kb(pid_t pid, const char *name)
{
        char path[64], line[256];
        double value = 0;
        FILE *file;

        snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
        file = fopen(path, "re");
        while (file && fgets(line, sizeof(line), file))
                if (strncmp(line, name, strlen(name)) == 0)
                        value = strtod(line + strlen(name) + 1, NULL);
        if (!file || fclose(file) != 0)
                fail("cannot read %s", path);
        return value;
}

static void ask(const struct server *server, char line[256])
{
        ssize_t n;

        kill(server->pid, SIGUSR1);
        n = read(server->output, line, 255);
        if (n <= 0)
                fail("the server does not say what it holds");
        line[n] = '\0';
}

static void upgrade(void)
{
        const char *const arguments[] = {binary, record_text, NULL};
        char before[256], after[256];
        struct upgrade_figures figures;
        struct server server;

        server_start(&server, "transfer", arguments);
        ask(&server, before);
        operator_upgrade(&server, binary, &figures);
        ask(&server, after);
        if (strcmp(before, after) != 0 || figures.records != record_count)
                fail("not everything crossed: %s, and then %s", before, after);
        samples_add(&pause_us, figures.pause_us);
        samples_add(&rest_us, figures.total_us - figures.pause_us);
        samples_add(&more_memory,
                    (status_kb(server.pid, "VmHWM") - status_kb(server.pid, "VmRSS")) / 1024);
        server_stop(&server);
}

static void report(void)
{
        const char *group = "two CPUs: pause with a large table";

        row_print(&(struct row){.group = group,
                                .name = "all records cross",
                                .unit = "us",
                                .measured = &pause_us,
                                .against = "insert into a fresh table",
                                .reference = &fresh,
                                .bound_kind = BOUND_RATIO,
                                .bound = 1.3});
        row_print(&(struct row){.group = group,
                                .name = "all records cross",
                                .unit = "us",
                                .measured = &pause_us,
                                .against = "plain protobuf-c",
                                .reference = &plain,
                                .bound_kind = BOUND_RATIO,
                                .bound = 1 / 3.0});
        row_print(&(struct row){.group = group,
                                .name = "the upgrade beside its pause",
                                .unit = "us",
                                .measured = &rest_us});
        row_print(&(struct row){.group = group,
                                .name = "successor's peak, beside what stays",
                                .unit = "MiB",
                                .measured = &more_memory,
                                .bound_kind = BOUND_VALUE,
                                .bound = 64});
}

int main(int argc, char **argv)
{
        unsigned long repetitions = argc == 4 ? strtoul(argv[1], NULL, 10) : 0;

        record_text = argc == 4 ? argv[2] : "0";
        record_count = strtoul(record_text, NULL, 10);
        if (repetitions == 0 || repetitions > REPETITIONS_MAX || record_count == 0)
                fail("usage: transfer REPETITIONS RECORDS TRANSFER-SERVER");
        binary = argv[3];
        servers_prepare();
        for (unsigned long i = 0; i < repetitions; i++) {
                samples_add(&fresh, fresh_insert_us(record_count));
                upgrade();
                samples_add(&plain, plain_transfer_us(record_count));
        }
        report();
        return EXIT_SUCCESS;
}
