/* SPDX-License-Identifier: MIT */
/*
 * What operators ask on the control socket, and who may. It is served inside update points only:
 * the process answers requests in the order in which they came, status at once, one upgrade at a
 * time.
 */
#pragma once

#include <ekiden/error.h>

/** Accepts, reads and answers what is there, without waiting; begins the upgrade that is asked for.
 */
void ek_control_attend(const char *update_point);

/** Tells the operator that the upgrade failed, and lets him go. */
void ek_control_failed(const struct ekiden_error *error);

/** Tells the operator that the rehearsal went well, and lets him go. */
void ek_control_rehearsed(void);
