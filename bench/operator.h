/* SPDX-License-Identifier: MIT */
/*
 * The operator who asks for upgrades. He speaks on the control socket himself, so that the start-up
 * of a tool is in no figure.
 */
#pragma once

#include <stdint.h>

#include "server.h"

/* What an upgrade took. */
struct upgrade_figures {
        double pause_us; /* from the stop at the update point until the successor serves */
        double total_us; /* from the connection to the control socket until COMMITTED was read */
        uint64_t records, bytes, descriptors;
};

/** Upgrades a server and waits until the predecessor is gone. */
void operator_upgrade(struct server *server, const char *binary,
                      struct upgrade_figures *ret_figures);
