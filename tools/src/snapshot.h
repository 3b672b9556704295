/* SPDX-License-Identifier: MIT */
/* `ekiden-upgrade --snapshot`: the state of a running program, in a file. */
#pragma once

#include "options.h"
#include "show.h"

/** Finds the process, writes its snapshot, and says so. Returns the exit status. */
int command_snapshot(const struct options *options, struct show *show);
