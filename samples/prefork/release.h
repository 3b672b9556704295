/* SPDX-License-Identifier: MIT */
/*
 * What differs between the releases: the schema, and what a master knows of its workers. All else
 * is the same code, built with the structs of one release or the other.
 */
#pragma once

#include <ekiden/ekiden.h>

#include "prefork.h"
#include "worker.h"

extern const char release_name[]; /* "v1" */

/** Registers hops, and calls ekiden_start(). */
int release_start(int argc, char **argv, struct ekiden_error *error);

/** Tag what a role has: EKIDEN_FRESH, EKIDEN_RESUMED, or an error. */
int release_tag_master(struct master *master);
int release_tag_worker(struct worker *worker, struct clients *clients);

/** The places for workers, numbered from 0. A new master has none. */
size_t release_seat_count(const struct master *master);
void release_set_seat_count(struct master *master, size_t count);

/** The worker's PID; 0: nobody sits there. */
pid_t *release_seat(struct master *master, size_t seat);

/** A worker has ended, and another one is to take its seat. Returns how often, as the release
 * counts. */
uint32_t release_count_restart(struct master *master, size_t seat);
