/* SPDX-License-Identifier: MIT */
/* What the parts of the load generator share: one thread, one epoll, many connections. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "ledger.h"
#include "mix.h"
#include "timeline.h"

#define ADDRESSES_MOST 4

struct addresses {
        struct sockaddr_in of[ADDRESSES_MOST];
        unsigned count;
};

struct settings {
        struct addresses addresses; /* the first, and where else to look when it fails */
        const char *ledger, *json; /* files; json NULL: none */
        uint32_t connections;
        uint32_t pipeline; /* operations under way on one connection, at most */
        uint32_t keys; /* fill: so many */
        uint32_t value_least, value_most; /* fill: bytes */
        double writes, new_keys, deletions; /* run: shares, 0 to 1 */
        double rate; /* run: operations a second over all; 0: each answer is followed by the next
                        one */
        double seconds; /* run */
        uint32_t tick_us; /* run: operations are due in bursts, so often */
        uint32_t slice_ms; /* of the timeline */
        uint32_t patience_s; /* without any success */
};

struct load {
        const struct settings *settings;
        struct ledger *ledger;
        struct mix mix;
        struct timeline timeline;
        struct connection *connections;
        int epoll;
        bool stopping; /* nothing new is asked */
        uint64_t reads, writes, deletions; /* acknowledged */
        uint64_t errors; /* answers that were an error */
        uint64_t lost; /* operations whose connection was lost before the answer */
        uint64_t reconnections;
        uint64_t wrong; /* reads that gave what the ledger does not allow */
        char wrong_example[160], error_example[160];
};

/** Writes all keys. */
void load_fill(const struct settings *settings);

/** Asks for some time, and reports. Returns the exit status. */
int load_run(const struct settings *settings);

/** Reads all keys back, and compares them with the ledger. Returns the exit status. */
int load_check(const struct settings *settings);

/** The result on standard output, and as JSON where that is wanted. */
void load_report(const struct load *load, uint64_t elapsed_ns);
