/* SPDX-License-Identifier: MIT */
/*
 * An upgrade as this process and its operator see it: begun, told of as it goes, failed or
 * committed. The work itself is the handover floor's.
 */
#pragma once

#include "entry/event.h"
#include "handover/predecessor.h"

/**
 * Begins an upgrade.
 *
 * @param operator_  who waits for it, told of it until the end; NULL: nobody
 * @return 0; or an error, which the operator and the log have been told
 */
int ek_upgrade_begin(struct ek_upgrade_request *request, struct ek_operator *operator_);

/** Begins one that nobody waits for, to the binary given at start: of a plain update signal. */
void ek_upgrade_begin_unasked(void);

/** When the upgrade under way began (ek_now_ns()). */
uint64_t ek_upgrade_since_ns(void);

/** Who waits for the upgrade under way or just ended, or NULL. */
struct ek_operator *ek_upgrade_operator(void);

/** The operator is being released. */
void ek_upgrade_forget(const struct ek_operator *operator_);

/** Tells log and operator that it was called off, that the rehearsal went well, or that the
    successor serves. */
void ek_upgrade_failed(const struct ekiden_error *error);
void ek_upgrade_rehearsed(void);
void ek_upgrade_committed(void);
