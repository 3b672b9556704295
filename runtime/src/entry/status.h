/* SPDX-License-Identifier: MIT */
/* What the process says of itself when an operator asks for its status. */
#pragma once

#include "entry/operators.h"

/**
 * Tells him; the last event.
 *
 * @param update_point  where this is
 */
void ek_status_tell(struct ek_operator *operator_, const char *update_point);
