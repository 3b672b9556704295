/* SPDX-License-Identifier: MIT */
/*
 * What this release can do. Three releases are built from one set of sources, as a real program's
 * would be from three commits; each has its own release_vN.c, which is all in which they differ.
 */
#pragma once

#include <stdbool.h>

#include <ekiden/ekiden.h>

struct server;

struct release {
        unsigned int version;
        bool has_join_times;
};

extern const struct release release;

/** ekiden_start() with this release's schema and the hops that lead to it. */
int release_start(int argc, char **argv, struct ekiden_error *error);

/**
 * Tags all state, in the order in which it must arrive: rooms, then who is in them, then what was
 * said in them.
 *
 * @return EKIDEN_FRESH, EKIDEN_RESUMED, or a negative EKIDEN_E…
 */
int release_tag(struct server *server);
