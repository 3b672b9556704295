/* SPDX-License-Identifier: MIT */
/* What the command lines of all tools have alike, by argp. */
#pragma once

#include <argp.h>
#include <stdint.h>

#define COMMAND_LINE_DAY 86400 /* seconds: no deadline is longer */

/**
 * Answers --help (key '?'), --version (key 'V') or --usage (any other), and exits: argp's own
 * --help would not notice that the disk is full.
 *
 * @param tool             its name
 * @param failure_status   where the answer cannot be written
 */
void command_line_answer(const char *tool, int key, struct argp_state *state, int failure_status);

/** A help filter of argp, which adds the exit statuses from `least` on, below the rest of the help,
    from the same table that decides them. */
char *command_line_add_statuses(int key, const char *text, int least);

/** Seconds from 0.001 to `most`, in milliseconds; anything else ends the tool. `option`:
 * "--timeout".
 */
uint32_t command_line_seconds(const char *option, const char *text, int most,
                              struct argp_state *state);
