/* SPDX-License-Identifier: MIT */
/*
 * How long nobody serves, and how long the operator allows that (--max-pause). A rehearsal
 * foretells it: where the PID will be kept, an upgrade's pause has more in it than its rehearsal's.
 */
#pragma once

#include "handover/predecessor_private.h"

/** The successor of a rehearsal is warm: notes what the rehearsal will not have in its pause. */
void ek_pause_note_unrehearsed(struct ek_predecessor *p);

/** When it must be over, of a pause from `stopped_ns` on, by ek_now_ns(); 0: there is no limit. */
uint64_t ek_pause_deadline(const struct ek_predecessor *p, uint64_t stopped_ns);

/** How long it has been, or, in a rehearsal, what the upgrade's would have been: nanoseconds. */
uint64_t ek_pause_so_far(const struct ek_predecessor *p, uint64_t stopped_ns);

/** The upgrade is called off: notes how long nobody has served. */
void ek_pause_note_lost(struct ek_predecessor *p);

/** Whether a moment, by ek_now_ns(), has passed; 0: never. A timer counts milliseconds, and may be
    early by less than one. */
bool ek_pause_has_passed(uint64_t until_ns);

/** The sentence of a pause that reached its limit. */
void ek_pause_explain(const struct ek_predecessor *p, struct ekiden_error *error);
