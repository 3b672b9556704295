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
#include <string.h>
#include <unistd.h>

#include "entry/process.h"
#include "entry/roles.h"
#include "entry/warnings.h"
#include "handover/refusal.h"
#include "wire/arguments.h"
#include "wire/cleanup.h"
#include "wire/clock.h"

#define INTERVAL_NS (50 * EK_NS_PER_MS)
/* Bytes that he is told of: as many as surely find room in a socket's buffer at once, since he is
   not waited for. */
#define ARGUMENTS_MAX ((size_t)64 << 10)
#define ARGUMENT_EXTRA ((size_t)6) /* bytes beside each of them in a message */
#define LAST_WORD_MS 1000 /* how long the last event may take to be sent */

enum urgency { LATER, NOW, LAST };

/* Where room or memory was missing, later events may find some: the last one, above all. */
static void mute_if_lost(struct ek_operator *operator_, int result)
{
        if (result == EKIDEN_EPEER || ek_link_is_torn(operator_->link))
                operator_->is_mute = true;
}

/* Whether the last event to him is worth a wait: not in the pause, nor where many may listen. */
static bool is_waited_for(const struct ek_operator *operator_)
{
        enum ekiden_phase phase = ek_predecessor_phase();
        bool is_pause = phase >= EKIDEN_PHASE_PAUSE && phase < EKIDEN_PHASE_SERVE;

        return !is_pause && operator_->role != EK_ROLE_LISTENS;
}

static void send_event(struct ek_operator *operator_, Ekiden__Event *event, enum urgency urgency)
{
        const struct ek_wait wait = {.idle_ms = LAST_WORD_MS};
        uint64_t now = ek_now_ns();
        bool is_due = urgency != LATER || (operator_->role == EK_ROLE_UPGRADES &&
                                           now - operator_->sent_ns >= INTERVAL_NS);
        int r;

        if (operator_->is_mute)
                return;
        event->elapsed_us = (now - operator_->asked_ns) / EK_NS_PER_US;
        r = ek_link_queue_message(operator_->link, EKIDEN__FRAME_KIND__EVENT, &event->base, NULL);
        if (r == 0 && is_due) {
                r = ek_link_flush(operator_->link,
                                  urgency == LAST && is_waited_for(operator_) ? &wait : NULL);
                operator_->sent_ns = now;
        }
        mute_if_lost(operator_, r);
}

void ek_event_seen(struct ek_operator *operator_, const char *update_point)
{
        Ekiden__Event event = EKIDEN__EVENT__INIT;

        event.kind = EKIDEN__EVENT_KIND__SEEN;
        event.update_point = (char *)(uintptr_t)update_point;
        event.role = (char *)(uintptr_t)ekiden_role();
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

/* What this process was started with; NULL: it is too long, or memory ran out. To be freed. */
static ProtobufCBinaryData *list_arguments(size_t *ret_count)
{
        const struct ek_origin *origin = &ek_process.origin;
        size_t count = origin->argument_count > 0 ? origin->argument_count - 1 : 0;
        ProtobufCBinaryData *arguments;
        size_t size = 0;

        for (size_t i = 1; i <= count; i++)
                size += strlen(origin->arguments[i]) + ARGUMENT_EXTRA;
        arguments = size <= ARGUMENTS_MAX ? ek_arguments_fill(origin->arguments + 1, count) : NULL;
        *ret_count = arguments ? count : 0;
        return arguments;
}

void ek_event_phase(struct ek_operator *operator_, enum ekiden_phase phase)
{
        ek_auto_free ProtobufCBinaryData *arguments = NULL;
        Ekiden__Event event = EKIDEN__EVENT__INIT;
        struct ek_warnings warnings;

        event.kind = EKIDEN__EVENT_KIND__PHASE;
        event.has_phase = 1;
        event.phase = phase;
        event.has_keeps_pid = event.keeps_pid = ek_predecessor_report()->keeps_pid;
        if (phase == EKIDEN_PHASE_CHECK) {
                ek_warnings_gather(&warnings);
                event.warnings = warnings.pointers;
                event.n_warnings = warnings.count;
        }
        if (phase == EKIDEN_PHASE_CHECK && operator_->wants_arguments) {
                arguments = list_arguments(&event.n_arguments);
                event.arguments = arguments;
                event.has_arguments_left_out = event.arguments_left_out = !arguments;
        }
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

void ek_event_ahead(struct ek_operator *operator_, const struct ek_ahead_progress *progress)
{
        Ekiden__Event event = EKIDEN__EVENT__INIT;

        if (ek_now_ns() - operator_->sent_ns < INTERVAL_NS)
                return;
        event.kind = EKIDEN__EVENT_KIND__SENT_AHEAD;
        event.item = (char *)(uintptr_t)progress->item;
        event.has_item_records = event.has_bytes = event.has_round = event.has_rest = 1;
        event.item_records = progress->records;
        event.has_item_count = progress->announced > 0;
        event.item_count = progress->announced;
        event.bytes = progress->bytes;
        event.round = progress->round;
        event.rest = progress->rest;
        send_event(operator_, &event, NOW);
}

static void failed(struct ek_operator *operator_, const struct ekiden_error *error,
                   uint64_t pause_ns)
{
        Ekiden__Event event = EKIDEN__EVENT__INIT;
        Ekiden__Refusal refusal;

        ek_refusal_fill(&refusal, error);
        event.kind = EKIDEN__EVENT_KIND__FAILED;
        event.has_phase = 1;
        event.phase = error->phase;
        event.has_predecessor_pid = 1;
        event.predecessor_pid = ek_process.served_pid;
        event.has_from_version = 1;
        event.from_version = ek_process.schema->version;
        event.has_rehearse = event.rehearse = operator_->asked_for_rehearsal;
        event.has_verify = event.verify = operator_->asked_for_verification;
        if (operator_->is_sent_on)
                event.spawned_by = (char *)(uintptr_t)ek_role_spawned_by(ekiden_role());
        event.refusal = &refusal;
        event.has_pause_us = pause_ns > 0;
        event.pause_us = pause_ns / EK_NS_PER_US;
        send_event(operator_, &event, LAST);
}

void ek_event_failed(struct ek_operator *operator_, const struct ekiden_error *error)
{
        failed(operator_, error, 0);
}

void ek_event_called_off(struct ek_operator *operator_, const struct ekiden_error *error)
{
        failed(operator_, error, ek_predecessor_report()->pause_ns);
}

static void fill_ahead(Ekiden__AheadReport *reports, Ekiden__AheadReport **pointers,
                       const struct ek_upgrade_report *report)
{
        for (size_t i = 0; i < report->ahead_count; i++) {
                const struct ek_ahead_report *ahead = &report->ahead[i];

                ekiden__ahead_report__init(&reports[i]);
                pointers[i] = &reports[i];
                reports[i].item = (char *)(uintptr_t)ahead->item;
                if (ahead->is_declined) {
                        reports[i].reason = (char *)(uintptr_t)ahead->reason;
                        continue;
                }
                reports[i].has_rounds = reports[i].has_records = reports[i].has_rest = 1;
                reports[i].rounds = ahead->rounds;
                reports[i].records = ahead->records;
                reports[i].rest = ahead->rest;
                reports[i].has_outrun = reports[i].outrun = ahead->is_outrun;
        }
}

static void fill_rooms(Ekiden__RoomReport *reports, Ekiden__RoomReport **pointers,
                       const struct ek_rooms *rooms)
{
        for (size_t i = 0; rooms && i < rooms->count; i++) {
                const struct ek_room_report *room = &rooms->reports[i];

                ekiden__room_report__init(&reports[i]);
                pointers[i] = &reports[i];
                reports[i].item = (char *)(uintptr_t)room->item;
                reports[i].has_records = room->records > 0;
                reports[i].records = room->records;
                if (room->records == 0)
                        reports[i].reason = (char *)(uintptr_t)room->reason;
        }
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
        Ekiden__AheadReport ahead[EK_AHEAD_ITEMS_MAX], *pointers[EK_AHEAD_ITEMS_MAX];
        Ekiden__RoomReport rooms[EK_ROOM_ITEMS_MAX], *room_pointers[EK_ROOM_ITEMS_MAX];

        event.kind = kind;
        event.has_rehearse = event.rehearse = report->is_rehearsal;
        event.has_verify = event.verify = report->is_verified;
        event.has_from_version = event.has_to_version = 1;
        event.from_version = ek_process.schema->version;
        event.to_version = report->to_version;
        event.has_predecessor_pid = event.has_successor_pid = 1;
        event.predecessor_pid = ek_process.served_pid;
        event.successor_pid = report->successor;
        event.has_pause_us = 1;
        event.pause_us = report->pause_ns / EK_NS_PER_US;
        event.has_unrehearsed_us = report->is_for_kept_pid;
        event.unrehearsed_us = report->unrehearsed_ns / EK_NS_PER_US;
        event.update_point = (char *)(uintptr_t)report->update_point;
        set_count(&event, &report->count);
        for (size_t i = 0; left_behind && i < count; i++)
                if (!ek_predecessor_has_given(tagged[i]))
                        left_behind[event.n_left_behind++] = tagged[i]->name;
        event.left_behind = left_behind;
        fill_ahead(ahead, pointers, report);
        event.ahead = pointers;
        event.n_ahead = report->ahead_count;
        fill_rooms(rooms, room_pointers, report->rooms);
        event.room = room_pointers;
        event.n_room = report->rooms ? report->rooms->count : 0;
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
        event.predecessor_pid = ek_process.served_pid;
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

void ek_event_idle(struct ek_operator *operator_)
{
        Ekiden__Event event = EKIDEN__EVENT__INIT;

        event.kind = EKIDEN__EVENT_KIND__IDLE;
        event.has_from_version = 1;
        event.from_version = ek_process.schema->version;
        send_event(operator_, &event, LAST);
}

void ek_event_queued(struct ek_operator *operator_)
{
        Ekiden__Event event = EKIDEN__EVENT__INIT;

        event.kind = EKIDEN__EVENT_KIND__QUEUED;
        event.has_phase = 1;
        event.phase = ek_predecessor_phase();
        send_event(operator_, &event, NOW);
}

void ek_event_last(struct ek_operator *operator_, Ekiden__Event *event)
{
        send_event(operator_, event, LAST);
}
