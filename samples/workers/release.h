/* SPDX-License-Identifier: MIT */
/* What this release can do: two are built from one set of sources, and differ in release_vN.c. */
#pragma once

#include <stdbool.h>

#include <ekiden/ekiden.h>

struct server;

struct release {
        unsigned int version;
        bool has_first; /* a job may begin elsewhere than at 2, and who finished it is told */
};

extern const struct release release;

/** ekiden_start() with this release's schema and the hops that lead to it. */
int release_start(int argc, char **argv, struct ekiden_error *error);

/** Tags all state: EKIDEN_FRESH, EKIDEN_RESUMED, or a negative EKIDEN_E…. */
int release_tag(struct server *server);
