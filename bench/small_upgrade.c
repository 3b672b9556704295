/* SPDX-License-Identifier: MIT */
/*
 * A small upgrade, of the counter sample, beside the least that any upgrade by a new process can
 * take: its pause beside round trips on a socket pair, its total beside the spawn of an empty
 * program and the sample's own start-up. In every repetition each of them is measured once, on one
 * CPU and then as the scheduler likes.
 */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure.h"
#include "operator.h"
#include "placement.h"
#include "server.h"
#include "socket_pair.h"

#define PROGRAM "counter"
#define TRIPS 100 /* round trips in one sample */
#define PAUSE_BOUND 10 /* round trips */
#define SPAWN_SHARE 1.5 /* of the spawn that the total may take, beside the start-up */
#define REPETITIONS_MAX 1000
#define RELEASES 3

static const struct step {
        const char *name;
        int to; /* release */
        bool with_client;
} steps[] = {
        {"v1 -> v2", 2, false},
        {"v2 -> v3", 3, false},
        {"v3 -> v3", 3, false},
        {"v3 -> v3, a client", 3, true},
};

#define STEPS (sizeof(steps) / sizeof(steps[0]))

/* All that is measured in one placement. */
struct measured {
        const char *floor_name, *pause_name, *total_name; /* of the groups of rows */
        struct far_end echo_default, echo_large;
        struct samples trips_default, trips_large, spawns, startups[RELEASES + 1];
        struct samples pauses[STEPS], totals[STEPS], allowed[STEPS];
};

static struct measured on_one = {
        .floor_name = "one CPU: floor",
        .pause_name = "one CPU: pause of the counter",
        .total_name = "one CPU: total of the counter",
};

static struct measured on_two = {
        .floor_name = "two CPUs: floor",
        .pause_name = "two CPUs: pause of the counter",
        .total_name = "two CPUs: total of the counter",
};

static const char *binaries[RELEASES + 1]; /* by release; 0: the empty program */

static double start_release(struct server *server, int release)
{
        const char *const arguments[] = {binaries[release], "0", NULL};

        return server_start(server, PROGRAM, arguments);
}

static void measure_floor(struct measured *measured)
{
        samples_add(&measured->spawns, spawn_floor_us(binaries[0]));
        for (int release = 2; release <= RELEASES; release++) {
                struct server server;

                samples_add(&measured->startups[release], start_release(&server, release));
                server_stop(&server);
        }
}

/* The far ends stay where they were put; this end is on the first CPU. */
static void measure_trips(struct measured *measured)
{
        samples_add(&measured->trips_default, echo_round_trip_us(&measured->echo_default, TRIPS));
        samples_add(&measured->trips_large, echo_round_trip_us(&measured->echo_large, TRIPS));
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

static void measure_upgrades(struct measured *measured)
{
        size_t repetition = measured->spawns.count - 1;
        struct server server;
        int client = -1;

        start_release(&server, 1);
        for (size_t i = 0; i < STEPS; i++) {
                struct upgrade_figures figures;
                int to = steps[i].to;

                if (steps[i].with_client)
                        client = connect_client(&server);
                operator_upgrade(&server, binaries[to], &figures);
                samples_add(&measured->pauses[i], figures.pause_us);
                samples_add(&measured->totals[i], figures.total_us);
                samples_add(&measured->allowed[i],
                            SPAWN_SHARE * measured->spawns.values[repetition] +
                                    measured->startups[to].values[repetition]);
        }
        close(client);
        server_stop(&server);
}

static void measure(struct measured *measured)
{
        placement_first(0);
        measure_trips(measured);
        if (measured == &on_two)
                placement_any(0);
        measure_floor(measured);
        measure_upgrades(measured);
}

static void report_floor(const struct measured *measured)
{
        const struct {
                const char *name;
                const struct samples *samples;
        } floors[] = {
                {"round trip, default buffers", &measured->trips_default},
                {"round trip, 2 MiB buffers", &measured->trips_large},
                {"spawn of an empty program", &measured->spawns},
                {"start-up of the counter, v2", &measured->startups[2]},
                {"start-up of the counter, v3", &measured->startups[3]},
        };

        for (size_t i = 0; i < sizeof(floors) / sizeof(floors[0]); i++)
                row_print(&(struct row){
                        .group = measured->floor_name,
                        .name = floors[i].name,
                        .unit = "us",
                        .measured = floors[i].samples,
                });
}

static void report(const struct measured *measured)
{
        report_floor(measured);
        for (size_t i = 0; i < STEPS; i++)
                row_print(&(struct row){
                        .group = measured->pause_name,
                        .name = steps[i].name,
                        .unit = "us",
                        .measured = &measured->pauses[i],
                        .against = "round trip, 2 MiB buffers",
                        .reference = &measured->trips_large,
                        .bound_kind = measured == &on_one ? BOUND_RATIO : BOUND_NONE,
                        .bound = PAUSE_BOUND,
                });
        for (size_t i = 0; i < STEPS; i++)
                row_print(&(struct row){
                        .group = measured->total_name,
                        .name = steps[i].name,
                        .unit = "us",
                        .measured = &measured->totals[i],
                        .against = "1.5 x spawn + start-up",
                        .reference = &measured->allowed[i],
                        .bound_kind = BOUND_RATIO,
                        .bound = 1,
                });
}

static void start_echoes(struct measured *measured, void (*place)(pid_t pid))
{
        echo_start(&measured->echo_default, BUFFER_DEFAULT);
        echo_start(&measured->echo_large, BUFFER_LARGE);
        place(measured->echo_default.pid);
        place(measured->echo_large.pid);
        echo_round_trip_us(&measured->echo_default, TRIPS); /* they have started, then */
        echo_round_trip_us(&measured->echo_large, TRIPS);
}

static void stop_echoes(struct measured *measured)
{
        far_end_stop(&measured->echo_default);
        far_end_stop(&measured->echo_large);
}

int main(int argc, char **argv)
{
        unsigned long repetitions = argc == RELEASES + 3 ? strtoul(argv[1], NULL, 10) : 0;
        bool has_two = placement_has_two();

        if (repetitions == 0 || repetitions > REPETITIONS_MAX)
                fail("usage: small-upgrade REPETITIONS EMPTY COUNTER-V1 COUNTER-V2 COUNTER-V3");
        for (int release = 0; release <= RELEASES; release++)
                binaries[release] = argv[2 + release];
        start_echoes(&on_one, placement_first);
        if (has_two)
                start_echoes(&on_two, placement_second);
        servers_prepare();
        for (unsigned long i = 0; i < repetitions; i++) {
                measure(&on_one);
                if (has_two)
                        measure(&on_two);
        }
        report(&on_one);
        if (has_two)
                report(&on_two);
        stop_echoes(&on_one);
        if (has_two)
                stop_echoes(&on_two);
        return EXIT_SUCCESS;
}
