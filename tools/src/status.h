/* SPDX-License-Identifier: MIT */
/* --status: one process, in full; and the JSON object that --status and --list have in common. */
#pragma once

#include "ask.h"
#include "options.h"
#include "terminal.h"

#define STATUS_LABEL_FORMAT "  %-13s "

struct show;

/** Asks the process and prints what it says. Returns the exit status. */
int command_status(const struct options *options, struct show *show);

/** Prints a process as a JSON object; one that did not answer has its error in it. */
void status_print_json(const struct process *process, const struct answer *answer);

/** The process to tell of where `target` names several: the main one, if they are one tree. Else,
 *  with the error as it is, that: EAMBIGUOUS. */
int status_find_main(const char *target, struct process *ret_process, struct ekiden_error *error);

/** Prints the processes of its tree, in the order in which they would be upgraded; nothing where it
 *  is one by itself. `program` is the name that it was found by. */
void status_print_tree(const struct terminal *terminal, const char *program,
                       const Ekiden__Status *status);
