/* SPDX-License-Identifier: MIT */
/* A worker: serves many clients at a time, which it takes from the listener that all share. */
#pragma once

#include <stddef.h>

#include "prefork.h"

#define CLIENTS_MAX 250 /* of one worker */

struct clients {
        struct client *first;
        size_t count;
};

void clients_add(struct clients *clients, struct client *client);

/**
 * What a child that the master has forked does with its life.
 *
 * @param listener  the master's; it stays open in both
 */
_Noreturn void worker_begin(int listener, pid_t master, uint32_t number);

/** The same for one of a new version, whose predecessor has the state. Its exit status. */
int worker_resume(void);
