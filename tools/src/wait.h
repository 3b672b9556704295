/* SPDX-License-Identifier: MIT */
/* --wait: until the upgrade that is under way has ended, whoever asked for it. */
#pragma once

#include "options.h"

struct show;

/** Waits, and shows what happens. Returns the exit status that the upgrade has; 0: there is none.
 */
int command_wait(const struct options *options, struct show *show);
