/* SPDX-License-Identifier: MIT */
/* --list: all processes that can be upgraded, a line each. */
#pragma once

#include "options.h"

struct show;

/** Asks all of them and prints the list. Returns the exit status. */
int command_list(const struct options *options, struct show *show);
