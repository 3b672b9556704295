/* SPDX-License-Identifier: MIT */
/*
 * A small upgrade, of the counter sample, beside the least that any upgrade by a new process can
 * take: its pause beside round trips on a socket pair, its total beside the spawn of an empty
 * program and the sample's own start-up. In every repetition each of them is measured once.
 */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure.h"
#include "operator.h"
#include "server.h"
#include "socket_pair.h"

#define PROGRAM "counter"
#define TRIPS 100 /* round trips in one sample */
#define PAUSE_BOUND 10 /* round trips */
#define FLOOR_SHARE 1.5 /* of the floor that the total may take, beside the start-up */
#define REPETITIONS_MAX 1000 /* each adds a sample */

struct upgrade_case {
        const char *name;
        unsigned int to; /* release */
        bool with_client;
        struct samples pause, total, allowed;
};

static struct upgrade_case cases[] = {
        {.name = "v1 -> v2", .to = 2},
        {.name = "v2 -> v3", .to = 3},
        {.name = "v3 -> v3", .to = 3},
        {.name = "v3 -> v3, a client", .to = 3, .with_client = true},
};

#define CASE_COUNT (sizeof(cases) / sizeof(cases[0]))

static struct samples floors, trips_default, trips_large;
static struct samples startups[4]; /* by release */
static const char *binaries[4];
static const char *empty;
static struct far_end echo_default, echo_large;

static double start_release(struct server *server, unsigned int release)
{
        const char *const arguments[] = {binaries[release], "0", NULL};

        return server_start(server, PROGRAM, arguments);
}

static void measure_references(void)
{
        samples_add(&floors, spawn_floor_us(empty));
        samples_add(&trips_default, echo_round_trip_us(&echo_default, TRIPS));
        samples_add(&trips_large, echo_round_trip_us(&echo_large, TRIPS));
        for (unsigned int release = 2; release <= 3; release++) {
                struct server server;

                samples_add(&startups[release], start_release(&server, release));
                server_stop(&server);
        }
}

/* A connected client: its first line is answered, so it is being served. */
static int connect_client(const struct server *server)
{
        struct sockaddr_in address = {
                .sin_family = AF_INET,
                .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                .sin_port = htons((in_port_t)server->port),
        };
        int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        char answer[256];

        if (connect(client, (struct sockaddr *)&address, sizeof(address)) < 0 ||
            write(client, "hello\n", 6) != 6 || read(client, answer, sizeof(answer)) <= 0)
                fail("the counter does not serve a client");
        return client;
}

static void measure_upgrades(void)
{
        size_t repetition = floors.count - 1;
        struct server server;
        int client = -1;

        start_release(&server, 1);
        for (size_t i = 0; i < CASE_COUNT; i++) {
                struct upgrade_case *upgrade = &cases[i];
                struct upgrade_figures figures;

                if (upgrade->with_client)
                        client = connect_client(&server);
                operator_upgrade(&server, binaries[upgrade->to], &figures);
                samples_add(&upgrade->pause, figures.pause_us);
                samples_add(&upgrade->total, figures.total_us);
                samples_add(&upgrade->allowed, FLOOR_SHARE * floors.values[repetition] +
                                                       startups[upgrade->to].values[repetition]);
        }
        close(client);
        server_stop(&server);
}

static void report_plain(const char *group, const char *name, const struct samples *samples)
{
        row_print(&(struct row){.group = group, .name = name, .unit = "us", .measured = samples});
}

static void report(void)
{
        report_plain("floor", "round trip, default buffers", &trips_default);
        report_plain("floor", "round trip, 8 MiB buffers", &trips_large);
        report_plain("floor", "posix_spawn of an empty program", &floors);
        report_plain("floor", "start-up of the counter, v2", &startups[2]);
        report_plain("floor", "start-up of the counter, v3", &startups[3]);
        for (size_t i = 0; i < CASE_COUNT; i++)
                row_print(&(struct row){
                        .group = "pause of the counter",
                        .name = cases[i].name,
                        .unit = "us",
                        .measured = &cases[i].pause,
                        .against = "round trip, 8 MiB buffers",
                        .reference = &trips_large,
                        .bound_kind = BOUND_RATIO,
                        .bound = PAUSE_BOUND,
                });
        for (size_t i = 0; i < CASE_COUNT; i++)
                row_print(&(struct row){
                        .group = "total of the counter",
                        .name = cases[i].name,
                        .unit = "us",
                        .measured = &cases[i].total,
                        .against = "1.5 x spawn + start-up",
                        .reference = &cases[i].allowed,
                        .bound_kind = BOUND_RATIO,
                        .bound = 1,
                });
}

int main(int argc, char **argv)
{
        unsigned long repetitions = argc == 6 ? strtoul(argv[1], NULL, 10) : 0;

        if (repetitions == 0 || repetitions > REPETITIONS_MAX)
                fail("usage: small-upgrade REPETITIONS EMPTY COUNTER-V1 COUNTER-V2 COUNTER-V3");
        empty = argv[2];
        for (int release = 1; release <= 3; release++)
                binaries[release] = argv[2 + release];
        echo_start(&echo_default, BUFFER_DEFAULT);
        echo_start(&echo_large, BUFFER_LARGE);
        echo_round_trip_us(&echo_default, TRIPS); /* they have started, then */
        echo_round_trip_us(&echo_large, TRIPS);
        servers_prepare();
        for (unsigned long i = 0; i < repetitions; i++) {
                measure_references();
                measure_upgrades();
        }
        report();
        far_end_stop(&echo_default);
        far_end_stop(&echo_large);
        return EXIT_SUCCESS;
}
