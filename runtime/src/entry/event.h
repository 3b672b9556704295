/* SPDX-License-Identifier: MIT */
/* Events: what the process tells an operator on the control socket (idl/ekiden/control.proto). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ekiden/control.pb-c.h"
#include "state/transfer.h"
#include "wire/link.h"

/* An operator's connection. */
struct ek_operator {
        struct ek_link *link;
        uint64_t asked_ns; /* when the request was seen; 0: none yet */
        uint64_t sent_ns; /* when something was sent last */
        bool is_mute; /* an event could not be sent: no more are */
        bool asked_for_rehearsal;
};

void ek_event_seen(struct ek_operator *operator_, const char *update_point);
void ek_event_phase(struct ek_operator *operator_, enum ekiden_phase phase);
void ek_event_progress(struct ek_operator *operator_, const struct ek_progress *progress);
/** Sends what was kept back during the pause. */
void ek_event_flush(struct ek_operator *operator_);

void ek_event_failed(struct ek_operator *operator_, const struct ekiden_error *error);
void ek_event_committed(struct ek_operator *operator_);
void ek_event_snapshot_done(struct ek_operator *operator_, uint64_t pause_ns,
                            const struct ek_count *count);
void ek_event_rehearsed(struct ek_operator *operator_);
void ek_event_status(struct ek_operator *operator_, const char *update_point);
