/* SPDX-License-Identifier: MIT */
/*
 * See event.h. An operator who does not read is not waited for: what finds no room is dropped, but
 * for the last event, which is waited for a while.
 *
 * What is told during the pause would lengthen it, for the system call and for the operator's tool
 * that wakes and wants the processor: so it is queued, and sent when something takes longer, or
 * with the last event.
 */
#include "entry/event.h"

#include <stdlib.h>
#include <unistd.h>

#include "entry/process.h"
#include "handover/refusal.h"
#include "wire/cleanup.h"
#include "wire/clock.h"

#define INTERVAL_NS (50 * EK_NS_PER_MS)
#define LAST_WORD_MS 1000 /* how long the last event may take to be sent */

enum urgency { LATER, NOW, LAST };

/* Where only room was missing, later events may find some. */
static void mute_if_lost(struct ek_operator *operator_, int result)
{
        if ((result < 0 && result != EKIDEN_ETIMEOUT) || ek_link_is_torn(operator_->link))
                operator_->is_mute = true;
}

static void send_event(struct ek_operator *operator_, Ekiden__Event *event, enum urgency urgency)
{
        const struct ek_wait wait = {.idle_ms = LAST_WORD_MS};
        uint64_t now = ek_now_ns();
        int r;

        if (operator_->is_mute)
                return;
        event->elapsed_us = (now - operator_->asked_ns) / EK_NS_PER_US;
        r = ek_link_queue_message(operator_->link, EKIDEN__FRAME_KIND__EVENT, &event->base, NULL);
        if (r == 0 && (urgency != LATER || now - operator_->sent_ns >= INTERVAL_NS)) {
                r = ek_link_flush(operator_->link, urgency == LAST ? &wait : NULL);
                operator_->sent_ns = now;
        }
        mute_if_lost(operator_, r);
}

void ek_event_seen(struct ek_operator *operator_, const char *update_point)
{
        Ekiden__Event event = EKIDEN__EVENT__INIT;

        event.kind = EKIDEN__EVENT_KIND__SEEN;
        event.update_point = (char *)(uintptr_t)update_point;
        event.has_from_version = 1;
        event.from_version = ek_process.schema->version;
        send_event(operator_, &event, NOW);
}

void ek_event_flush(struct ek_operator *operator_)
{
        int r = operator_->is_mute ? 0 : ek_link_flush(operator_->link, NULL);

        mute_if_lost(operator_, r);
        operator_->sent_ns = ek_now_ns();
}

void ek_event_phase(struct ek_operator *operator_, enum ekiden_phase phase)
{
        Ekiden__Event event = EKIDEN__EVENT__INIT;

        event.kind = EKIDEN__EVENT_KIND__PHASE;
        event.has_phase = 1;
        event.phase = phase;
        send_event(operator_, &event, phase >= EKIDEN_PHASE_PAUSE ? LATER : NOW);
}

static void set_count(Ekiden__Event *event, const struct ek_count *count)
{
        event->has_records = event->has_bytes = event->has_descriptors = 1;
        event->records = count->records;
        event->has_objects = count->objects > 0;
        event->objects = count->objects;
        event->bytes = count->bytes;
        event->descriptors = count->descriptors;
}

void ek_event_progress(struct ek_operator *operator_, const struct ek_progress *progress)
{
        Ekiden__Event event = EKIDEN__EVENT__INIT;

        if (!progress->is_complete && ek_now_ns() - operator_->sent_ns < INTERVAL_NS)
                return;
        event.kind = EKIDEN__EVENT_KIND__PROGRESS;
        event.item = (char *)(uintptr_t)progress->item;
        event.has_item_records = 1;
        event.item_records = progress->records;
        event.has_item_count = progress->announced > 0;
        event.item_count = progress->announced;
        set_count(&event, &progress->total);
        send_event(operator_, &event, LATER);
}

void ek_event_failed(struct ek_operator *operator_, const struct ekiden_error *error)
{
        Ekiden__Event event = EKIDEN__EVENT__INIT;
        Ekiden__Refusal refusal;

        ek_refusal_fill(&refusal, error);
        event.kind = EKIDEN__EVENT_KIND__FAILED;
        event.has_phase = 1;
        event.phase = error->phase;
        event.has_predecessor_pid = 1;
        event.predecessor_pid = getpid();
        event.has_from_version = 1;
        event.from_version = ek_process.schema->version;
        event.has_rehearse = event.rehearse = operator_->asked_for_rehearsal;
        event.refusal = &refusal;
        send_event(operator_, &event, LAST);
}

/* How an upgrade went that has come to its end, whichever. What the successor said of itself goes
   on to the operator as it is. */
static void send_report(struct ek_operator *operator_, Ekiden__EventKind kind)
{
        const struct ek_upgrade_report *report = ek_predecessor_report();
        Ekiden__Event event = EKIDEN__EVENT__INIT;
        size_t count;
        struct ek_tagged *const *tagged = ek_tagged_all(&count);
        ek_auto_free char **left_behind = calloc(count + 1, sizeof(*left_behind));

        event.kind = kind;
        event.has_rehearse = event.rehearse = report->is_rehearsal;
        event.has_from_version = event.has_to_version = 1;
        event.from_version = ek_process.schema->version;
        event.to_version = report->to_version;
        event.has_predecessor_pid = event.has_successor_pid = 1;
        event.predecessor_pid = getpid();
        event.successor_pid = report->successor;
        event.has_pause_us = 1;
        event.pause_us = report->pause_ns / EK_NS_PER_US;
        event.update_point = (char *)(uintptr_t)report->update_point;
        set_count(&event, &report->count);
        for (size_t i = 0; left_behind && i < count; i++)
                if (!ek_predecessor_has_given(tagged[i]))
                        left_behind[event.n_left_behind++] = tagged[i]->name;
        event.left_behind = left_behind;
        if (report->ready) {
                event.items = report->ready->items;
                event.n_items = report->ready->n_items;
                event.has_peak_bytes = report->ready->has_peak_bytes;
                event.peak_bytes = report->ready->peak_bytes;
        }
        send_event(operator_, &event, LAST);
}

void ek_event_snapshot_done(struct ek_operator *operator_, uint64_t pause_ns,
                            const struct ek_count *count)
{
        Ekiden__Event event = EKIDEN__EVENT__INIT;

        event.kind = EKIDEN__EVENT_KIND__SNAPSHOT_DONE;
        event.has_predecessor_pid = 1;
        event.predecessor_pid = getpid();
        event.has_from_version = 1;
        event.from_version = ek_process.schema->version;
        event.has_pause_us = 1;
        event.pause_us = pause_ns / EK_NS_PER_US;
        set_count(&event, count);
        send_event(operator_, &event, LAST);
}

void ek_event_committed(struct ek_operator *operator_)
{
        send_report(operator_, EKIDEN__EVENT_KIND__COMMITTED);
}

void ek_event_rehearsed(struct ek_operator *operator_)
{
        send_report(operator_, EKIDEN__EVENT_KIND__REHEARSED);
}

static void fill_items(Ekiden__ItemStatus *items, Ekiden__ItemStatus **pointers,
                       struct ek_tagged *const *tagged, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                ekiden__item_status__init(&items[i]);
                items[i].name = tagged[i]->name;
                items[i].message = (char *)(uintptr_t)tagged[i]->item.message->descriptor->name;
                items[i].has_stream = 1;
                items[i].stream = tagged[i]->item.kind == EKIDEN_ITEM_STREAM;
                pointers[i] = &items[i];
        }
}

void ek_event_status(struct ek_operator *operator_, const char *update_point)
{
        Ekiden__Status status = EKIDEN__STATUS__INIT;
        Ekiden__Event event = EKIDEN__EVENT__INIT;
        size_t count;
        struct ek_tagged *const *tagged = ek_tagged_all(&count);
        ek_auto_free Ekiden__ItemStatus *items = calloc(count + 1, sizeof(*items));
        ek_auto_free Ekiden__ItemStatus **pointers = calloc(count + 1, sizeof(*pointers));

        status.program = (char *)(uintptr_t)ek_process.schema->program;
        status.pid = getpid();
        status.version = ek_process.schema->version;
        status.has_leg = 1;
        status.leg = ek_process.setup.leg;
        status.has_leg_seconds = 1;
        status.leg_seconds = (ek_now_ns() - ek_process.serving_since_ns) / UINT64_C(1000000000);
        status.binary = ek_process.origin.binary;
        status.update_point = (char *)(uintptr_t)update_point;
        if (items && pointers) {
                fill_items(items, pointers, tagged, count);
                status.items = pointers;
                status.n_items = count;
        }
        status.has_upgrade_phase = ek_predecessor_phase() != EKIDEN_PHASE_NONE;
        status.upgrade_phase = ek_predecessor_phase();
        event.kind = EKIDEN__EVENT_KIND__STATUS;
        event.status = &status;
        send_event(operator_, &event, LAST);
}
