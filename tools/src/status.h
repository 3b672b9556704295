/* SPDX-License-Identifier: MIT */
/* --status: one process, in full; and the JSON object that --status and --list have in common. */
#pragma once

#include "ask.h"
#include "options.h"

struct show;

/** Asks the process and prints what it says. Returns the exit status. */
int command_status(const struct options *options, struct show *show);

/** Prints a process as a JSON object; one that did not answer has its error in it. */
void status_print_json(const struct process *process, const struct answer *answer);
