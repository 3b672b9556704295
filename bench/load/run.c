/* SPDX-License-Identifier: MIT */
/* The two ways to load a server: to write all keys, and to ask for a while. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "connection.h"
#include "drive.h"
#include "load.h"
#include "measure.h"

static uint32_t keys_of(uint32_t keys, uint32_t connections, uint32_t number)
{
        return keys > number ? (keys - number - 1) / connections + 1 : 0;
}

void load_fill(const struct settings *settings)
{
        struct load load = {
                .settings = settings,
                .ledger = ledger_new(settings->ledger, settings->value_least, settings->value_most),
                .mix = {.writes = 1,
                        .new_keys = 1,
                        .connections = settings->connections,
                        .keys_most = settings->keys},
        };
        uint64_t began_ns, elapsed_ns;

        drive_begin(&load);
        began_ns = clock_ns();
        for (uint32_t i = 0; i < settings->connections; i++) {
                struct connection *connection = &load.connections[i];

                connection->quota = keys_of(settings->keys, settings->connections, i);
                for (uint32_t ahead = 0; ahead < settings->pipeline; ahead++)
                        connection_follow(connection, began_ns);
        }
        drive_until_done(&load);
        elapsed_ns = clock_ns() - began_ns;
        if (load.timeline.failed > 0 || load.writes != settings->keys)
                fail("the keys were not all written: %" PRIu64 " of %u%s%s", load.writes,
                     settings->keys, load.errors > 0 ? "; the server says: " : "",
                     load.error_example);
        printf("%u keys written in %.3f s\n", settings->keys, (double)elapsed_ns / 1e9);
        drive_end(&load);
}

int load_run(const struct settings *settings)
{
        struct load load = {
                .settings = settings,
                .ledger = ledger_open(settings->ledger),
                .mix = {.writes = settings->writes,
                        .new_keys = settings->new_keys,
                        .deletions = settings->deletions,
                        .connections = settings->connections,
                        .keys_most = LEDGER_KEYS_MOST,
                        .random = clock_ns()},
        };
        uint64_t wrong;

        drive_begin(&load);
        if (settings->rate == 0)
                for (uint32_t i = 0; i < settings->connections; i++) {
                        struct connection *connection = &load.connections[i];

                        connection->quota = UINT64_MAX;
                        for (uint32_t ahead = 0; ahead < settings->pipeline; ahead++)
                                connection_follow(connection, load.timeline.began_ns);
                }
        drive_until(&load, load.timeline.began_ns + (uint64_t)(settings->seconds * 1e9));
        load_report(&load, clock_ns() - load.timeline.began_ns);
        wrong = load.wrong;
        drive_end(&load);
        return wrong > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
