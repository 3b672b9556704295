/* SPDX-License-Identifier: MIT */
/*
 * What operators ask on the control socket, and who may. It is served inside update points only:
 * the process answers requests in the order in which they came, status at once, one upgrade at a
 * time. A pause that takes long counts as one: it can be asked about, and called off.
 */
#pragma once

#include <stdint.h>

#include <ekiden/error.h>

/** Accepts, reads and answers what is there, without waiting; begins the upgrade that is asked for.
 */
void ek_control_attend(const char *update_point);

/** When it must be attended to again at the latest (ek_now_ns()); UINT64_MAX: whenever somebody
 * asks. */
uint64_t ek_control_deadline(void);

/** An upgrade has ended and this process serves on: who waits for his turn has it now. */
void ek_control_next(void);

/** Tells the operator that the upgrade failed, and lets him go. */
void ek_control_failed(const struct ekiden_error *error);

/** Tells the operator that the rehearsal went well, and lets him go. */
void ek_control_rehearsed(void);
