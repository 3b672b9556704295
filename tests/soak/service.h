/* SPDX-License-Identifier: MIT */
/* The ledger that runs, and its clients: started, and ended whatever happens. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "client.h"

#define CLIENTS_MAX 64

struct shared {
        struct clients_control control;
        struct client clients[CLIENTS_MAX];
};

struct service {
        char directory[64]; /* of the control socket */
        pid_t pid; /* that serves */
        int port;
        unsigned int client_count;
        struct shared *shared;
};

/** Starts the first leg and the clients. False, with a message on stderr: it cannot be. */
bool service_start(struct service *service, const char *binary, unsigned int clients,
                   unsigned int pace_us);

/** Reaps what has ended: predecessors, whose successors are ours then (PR_SET_CHILD_SUBREAPER). */
void service_reap(void);

/** Has the clients finish and check. Returns how many were not content, and says why. */
unsigned int service_settle(struct service *service);

/** Has the clients do nothing, or go on. Returns when they do, or false after a while. */
bool service_hold(struct service *service, bool hold);

/** Writes that were acknowledged so far. */
uint64_t service_acknowledged(const struct service *service);

/** All clients' latencies in a window. */
void service_latencies(const struct service *service, enum window window,
                       struct histogram *ret_histogram);

/** Ends all that is left of the service and its clients, and removes the directory. False, with a
 * message on stderr: something of it stays. */
bool service_end(struct service *service);
