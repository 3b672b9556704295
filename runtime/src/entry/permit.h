/* SPDX-License-Identifier: MIT */
/* The program's own word on who may upgrade it, and when (ekiden_set_permit()). */
#pragma once

#include <ekiden/error.h>

#include "handover/predecessor.h"

/**
 * Asks the program: 0, or EREFUSED or the error that it set, with its sentence, in phase REQUEST.
 *
 * @param operator_  the connection of who asks; NULL: it was the update signal
 */
int ek_permit(const struct ek_upgrade_request *request, const struct ek_link *operator_,
              struct ekiden_error *error);

/** Asks it again, of the upgrade that it has permitted, when the successor is warm: much may have
    changed since. 0, or an error as above, in phase PAUSE. */
int ek_permit_pause(struct ekiden_error *error);
