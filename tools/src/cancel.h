/* SPDX-License-Identifier: MIT */
/* --cancel: calls the upgrade that is under way off, whoever asked for it. */
#pragma once

#include "options.h"

struct show;

/**
 * Calls it off, and waits until it has ended. Returns the exit status: 0 when the running version
 * serves on, or there was no upgrade; that of ESTATE when it was too late, by a moment
 * or more.
 */
int command_cancel(const struct options *options, struct show *show);
