/* SPDX-License-Identifier: MIT */
/* Events: what the process tells an operator on the control socket (idl/ekiden/control.proto). */
#pragma once

#include "entry/operators.h"
#include "handover/ahead.h"
#include "state/transfer.h"

void ek_event_seen(struct ek_operator *operator_, const char *update_point);
void ek_event_phase(struct ek_operator *operator_, enum ekiden_phase phase);
void ek_event_ahead(struct ek_operator *operator_, const struct ek_ahead_progress *progress);
void ek_event_progress(struct ek_operator *operator_, const struct ek_progress *progress);
/** Sends what was kept back during the pause. */
void ek_event_flush(struct ek_operator *operator_);

void ek_event_failed(struct ek_operator *operator_, const struct ekiden_error *error);

/** The same, of the upgrade that was under way: with how long nobody served. */
void ek_event_called_off(struct ek_operator *operator_, const struct ekiden_error *error);
void ek_event_committed(struct ek_operator *operator_);
void ek_event_snapshot_done(struct ek_operator *operator_, uint64_t pause_ns,
                            const struct ek_count *count);
void ek_event_rehearsed(struct ek_operator *operator_);
/** No upgrade is under way; the last event. */
void ek_event_idle(struct ek_operator *operator_);
/** His upgrade comes after the one that is under way. */
void ek_event_queued(struct ek_operator *operator_);

/** Sends an event that the caller has filled, as the last one. */
void ek_event_last(struct ek_operator *operator_, Ekiden__Event *event);
