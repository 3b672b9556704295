/* SPDX-License-Identifier: MIT */
/* The loop of the load generator. */
#pragma once

#include <stdint.h>

#include "load.h"

/** Opens the connections and waits until each is there. */
void drive_begin(struct load *load);

/** Serves connections until there is nothing left to ask and all is answered. */
void drive_until_done(struct load *load);

/** Asks at the settings' rate until `end_ns` or SIGINT, then waits for what is under way. */
void drive_until(struct load *load, uint64_t end_ns);

void drive_end(struct load *load);
