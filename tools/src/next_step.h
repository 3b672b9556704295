/* SPDX-License-Identifier: MIT */
/* What to do next where an attempt knows more than its error says. */
#pragma once

#include "upgrade.h"

/**
 * Of a search that has not found the one process that is meant: another name for it.
 *
 * @param upgrade  its next step is filled, unless a process was found, or the error says enough
 */
void next_step_for_search(struct upgrade *upgrade, const struct options *options,
                          const struct ekiden_error *error);

/** Of a process that has ended in a role of its own: whether others of the program are there. */
void next_step_for_ended(struct upgrade *upgrade);

/** Of a process whose PID was to be kept, and is lost: who must hear of it. */
void next_step_for_lost_pid(struct upgrade *upgrade, const struct ekiden_error *error);

/**
 * Of a new binary that cannot be used: who has looked at it, and from where.
 *
 * @param upgrade  its next step is filled, unless there is one, or the error says enough
 * @param binary   absolute path
 */
void next_step_for_binary(struct upgrade *upgrade, const struct options *options,
                          const char *binary, const struct ekiden_error *error);
