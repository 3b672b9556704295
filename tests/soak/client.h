/* SPDX-License-Identifier: MIT */
/*
 * One client of the ledger, a process of its own: it writes without end, several requests under way
 * at a time and some of them in halves, checks each answer, and at the end that the ledger has
 * exactly what was acknowledged.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "histogram.h"

/* Latencies are kept apart by what goes on meanwhile. */
enum window { WINDOW_QUIET, WINDOW_BUSY, WINDOWS };

/* What clients and driver share; in memory that is mapped before the fork. */
struct clients_control {
        int stop; /* finish what is under way, check, exit */
        int hold; /* finish what is under way, and wait */
        int window; /* of enum window */
        unsigned int pace_us; /* between two rounds of a client */
};

struct client {
        pid_t pid;
        bool is_held; /* nothing is under way, while control->hold */
        bool is_done; /* it has checked, and `complaint` is empty if all was well */
        uint64_t acknowledged;
        char complaint[256];
        struct histogram latencies[WINDOWS]; /* ns, from the sending to the answer */
};

/** Starts a client. -1: it cannot be. */
pid_t client_start(struct client *client, const struct clients_control *control, int port,
                   uint32_t number);
