/* SPDX-License-Identifier: MIT */
/* The master: it listens, has workers, and puts others in the place of those that end. */
#pragma once

#include <stddef.h>

/**
 * Runs until somebody wants it to end.
 *
 * @param port     in decimal, on 127.0.0.1
 * @param workers  how many, where there is no predecessor: 1 to WORKERS_MAX
 * @return exit status; in a forked worker it does not return
 */
int master_run(const char *port, size_t workers);
