/* SPDX-License-Identifier: MIT */
/*
 * The control socket: where operators ask. It is served inside update points only. The process
 * answers requests in the order in which they came, status at once, one upgrade at a time.
 */
#pragma once

#include <stdbool.h>

#include <ekiden/error.h>

#include "handover/predecessor.h"

/** Opens the socket, hidden for a successor that does not serve yet. 0, EPERMISSION, ESYSTEM,
 * ELIMIT. */
int ek_control_open(bool hidden, struct ekiden_error *error);

/** Shows a hidden socket under its name: between COMMIT and TAKEN. 0 or ESYSTEM. */
int ek_control_publish(struct ekiden_error *error);

/** Accepts, reads and answers what is there, without waiting; begins the upgrade that is asked for.
 */
void ek_control_attend(const char *update_point);

/** Begins an upgrade that nobody waits for: of a plain update signal. */
void ek_control_upgrade_unasked(void);

/** Tells the operator that the upgrade failed, or that the successor serves. */
void ek_control_failed(const struct ekiden_error *error);
void ek_control_committed(void);

/** Removes the socket's path, and closes the listener. */
void ek_control_close(void);
