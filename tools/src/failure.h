/* SPDX-License-Identifier: MIT */
/* What a failure means to the operator: the sentence at its head, and what to do next. */
#pragma once

#include <stdio.h>

#include "upgrade.h"

/** What to do next, in one sentence. Static, or the upgrade's own. */
const char *failure_next_step(const struct upgrade *upgrade, const struct ekiden_error *error);

/**
 * Prints a failure for people: what became of the program, phase, reason, next step, error.
 *
 * @param upgrade  NULL: it was no upgrade, or it had not got as far as a process
 */
void failure_print(FILE *out, const struct upgrade *upgrade, const struct ekiden_error *error);
