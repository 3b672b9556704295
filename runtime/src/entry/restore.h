/* SPDX-License-Identifier: MIT */
/* From which snapshot this process starts, if from one. */
#pragma once

#include <stdbool.h>

#include <ekiden/error.h>

#define EK_SNAPSHOT_VARIABLE "EKIDEN_SNAPSHOT"

/**
 * Takes the variable out of the environment, so that no successor and no grandchild sees it, and
 * notes what it says unless ekiden_set_snapshot() said more. 0, ENOMEM, or EPERMISSION in a process
 * that gained rights by its binary.
 */
int ek_snapshot_take_variable(struct ekiden_error *error);

/** Opens what is to be started from, and reads it through: 1, 0 (no snapshot was named), or an
    error. */
int ek_snapshot_start(struct ekiden_error *error);

/** Closes what the program gave to be started from, when that is over or was not needed, or could
    not be used. */
void ek_snapshot_end(void);
