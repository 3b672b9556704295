/* SPDX-License-Identifier: MIT */
/*
 * A release of the store: what it can do, and how its state is tagged. Each has one file for that,
 * vN/release.c.
 */
#pragma once

#include <ekiden/ekiden.h>

#include "command.h"
#include "server.h"

struct release {
        unsigned int version;
        bool has_expiry; /* SET has EX, PX …, and there are expiry_commands */
        const struct command *const *commands; /* tables; NULL ends them */
};

extern const struct release release;

/** Registers the hops and calls ekiden_start(). */
int release_start(int argc, char **argv, struct ekiden_error *error);

/**
 * Tags all state: as ekiden/tag.h has it. What can be sent ahead is sent ahead if it is tagged
 * first.
 *
 * @param in_pause  it is not, so all of it crosses in the pause: for measurements
 */
int release_tag(struct server *server, bool in_pause);
