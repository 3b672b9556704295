/* SPDX-License-Identifier: MIT */
/* See snapshot.h. */
#include "entry/snapshot.h"

#include "entry/event.h"
#include "entry/leg.h"
#include "entry/process.h"
#include "entry/thread_stop.h"
#include "state/snapshot_write.h"
#include "wire/clock.h"

static void fail(struct ek_operator *operator_, struct ekiden_error *error)
{
        ek_log(EKIDEN_LOG_WARNING, "a snapshot could not be written: %s", error->sentence);
        /* Behind half a frame an event would be read as the rest of that. */
        operator_->is_mute = operator_->is_mute || ek_link_is_torn(operator_->link);
        ek_event_failed(operator_, error);
}

static int write_state(struct ek_operator *operator_, const char *update_point,
                       struct ek_count *ret_count, struct ekiden_error *error)
{
        const unsigned int *ms = ek_process.deadlines.ms;
        /* In all no longer than a successor waits for an update point: who reads a byte now and
           then does not stop the program for ever. */
        const struct ek_wait wait = {
                .idle_ms = ms[EKIDEN_PHASE_TRANSFER],
                .until_ns = ek_now_ns() + ms[EKIDEN_PHASE_PAUSE] * EK_NS_PER_MS,
        };
        struct ek_export export_ = {.link = operator_->link, .wait = &wait};
        struct ek_lineage_message lineage;
        const struct ek_snapshot_origin origin = {
                .schema = ek_process.schema,
                .update_point = update_point,
                .lineage = lineage.pointers,
                .leg_count = ek_leg_lineage()->count,
        };
        int r;

        ek_lineage_fill(ek_leg_lineage(), &lineage);
        r = ek_snapshot_write(&export_, &origin, error);
        ek_objects_free(export_.objects);
        *ret_count = export_.total;
        return r;
}

void ek_snapshot_serve(struct ek_operator *operator_, const char *update_point)
{
        struct ekiden_error error = {.phase = EKIDEN_PHASE_REQUEST};
        uint64_t stopped_ns = ek_now_ns();
        struct ek_count count;
        int r;

        if (ek_predecessor_phase() != EKIDEN_PHASE_NONE) {
                ekiden_error_set(&error, EKIDEN_EBUSY,
                                 "an upgrade is under way; take the snapshot when it is over");
                fail(operator_, &error);
                return;
        }
        ek_event_seen(operator_, update_point);
        error.phase = EKIDEN_PHASE_TRANSFER;
        r = ek_threads_stop(&(struct ek_wait){.operator_ = operator_->link}, NULL, &error);
        if (r == 0) {
                r = write_state(operator_, update_point, &count, &error);
                ek_threads_resume();
        }
        if (r < 0) {
                fail(operator_, &error);
                return;
        }
        ek_log(EKIDEN_LOG_INFO, "a snapshot was written: %llu records, %llu bytes",
               (unsigned long long)count.records, (unsigned long long)count.bytes);
        ek_event_snapshot_done(operator_, ek_now_ns() - stopped_ns, &count);
}
