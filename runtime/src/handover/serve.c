/* SPDX-License-Identifier: MIT */
/*
 * The pause, as the predecessor sees it: it has stopped at its update point and answers what the
 * successor pulls, until that is ready. Nothing of the program's state is changed here, so that
 * resuming is nothing but returning.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "handover/pause.h"
#include "state/arena_item.h"
#include "utf8.h"
#include "wire/clock.h"

#define PULLS_MAX 65536 /* of a handover */

int ek_predecessor_stop(struct ek_predecessor *p, struct ekiden_error *error)
{
        const struct ek_wait wait = ek_predecessor_wait(EKIDEN_PHASE_PAUSE);
        const struct ek_observer *observer = &p->request.observer;
        int r;

        if (p->is_stopped || !observer->stop)
                return 0;
        error->phase = EKIDEN_PHASE_PAUSE; /* if it fails, that is why, whatever deadline passed */
        r = observer->stop(observer->data, &wait, &p->stands, error);
        if (r < 0)
                return r;
        error->phase = EKIDEN_PHASE_NONE;
        p->is_stopped = true;
        return 0;
}

void ek_predecessor_go_on(struct ek_predecessor *p)
{
        ek_stands_free(&p->stands);
        if (p->is_stopped)
                p->request.observer.resume(p->request.observer.data);
        p->is_stopped = false;
}

static int send_paused(struct ek_predecessor *p, uint64_t stopped_ns, struct ekiden_error *error)
{
        struct ek_wait wait = ek_predecessor_wait(EKIDEN_PHASE_TRANSFER);
        Ekiden__Paused paused = EKIDEN__PAUSED__INIT;
        int r = ek_stands_fill(&p->stands, &paused);

        if (r < 0)
                return ek_link_failed(r, error);

        paused.update_point = p->report.update_point;
        paused.has_stopped_ns = 1;
        paused.stopped_ns = stopped_ns;
        r = ek_link_queue_message(p->link, EKIDEN__FRAME_KIND__PAUSED, &paused.base, &wait);
        ek_stands_empty(&paused);
        return r < 0 ? ek_link_failed(r, error) : 0;
}

static int send_absent(struct ek_predecessor *p, char *item, struct ekiden_error *error)
{
        struct ek_wait wait = ek_predecessor_wait(EKIDEN_PHASE_TRANSFER);
        Ekiden__Absent absent = EKIDEN__ABSENT__INIT;
        int r;

        absent.item = item;
        r = ek_link_queue_message(p->link, EKIDEN__FRAME_KIND__ABSENT, &absent.base, &wait);
        return r < 0 ? ek_link_failed(r, error) : 0;
}

static void on_progress(void *data, const struct ek_progress *progress)
{
        const struct ek_observer *observer = &ek_predecessor.request.observer;

        (void)data;
        ek_predecessor.report.count = progress->total;
        if (observer->progress)
                observer->progress(observer->data, progress);
}

int ek_predecessor_check_type(const struct ek_tagged *tagged, const char *message,
                              struct ekiden_error *error)
{
        const char *name = tagged->item.message->descriptor->name;

        if (strcmp(name, message) == 0)
                return 0;
        snprintf(error->item, sizeof(error->item), "%s", tagged->name);
        return ekiden_error_set(
                error, EKIDEN_ETYPE,
                "item \"%s\" is a %s in this process, and the new binary asks for a "
                "%s; give one of them another name",
                tagged->name, name, message);
}

/* To be compared: the item whole, with all objects, and nothing that is counted. */
static int export_again(struct ek_export *export_, const struct ek_tagged *tagged,
                        struct ekiden_error *error)
{
        struct ek_export again = *export_;
        int r;

        again.progress = NULL;
        if (again.objects)
                ek_objects_send_again(again.objects);
        r = ek_export_item(&again, tagged, error);
        export_->objects = again.objects;
        export_->unreceived = again.unreceived;
        export_->in_flight = again.in_flight;
        return r;
}

static void note_pulled(struct ek_predecessor *p, struct ek_tagged *tagged,
                        const Ekiden__Pull *pull)
{
        ek_ahead_note_pulled(p, tagged, pull->not_ahead);
        tagged->pulled_in = p->serial;
}

/* The answer has left before. */
static void note_early(struct ek_predecessor *p, struct ek_export *export_,
                       const Ekiden__Pull *pull, const struct ek_early_answer *early)
{
        const struct ek_count *count = &early->count;
        struct ek_tagged *tagged = ek_tagged_find(pull->item);
        struct ek_progress progress = {
                .item = pull->item,
                .records = count->records,
                .announced = tagged ? ek_export_announced(tagged) : 0,
                .is_complete = true,
        };

        if (tagged) /* unless a function that exports has taken it out since */
                note_pulled(p, tagged, pull);
        export_->total.records += count->records;
        export_->total.bytes += count->bytes;
        export_->total.descriptors += count->descriptors;
        progress.total = export_->total;
        export_->progress(export_->data, &progress);
        if (!tagged)
                return;
        ek_room_note(p, tagged, pull, count->records);
        if (export_->notes_figures && tagged->last)
                *tagged->last = (struct ek_figures){
                        .is_known = true,
                        .records = count->records,
                        .bytes = count->bytes,
                        .descriptors = count->descriptors,
                        .duration_ns = early->duration_ns,
                };
}

static int serve_pull(struct ek_predecessor *p, struct ek_export *export_,
                      const struct ek_frame *frame, struct ekiden_error *error)
{
        ProtobufCMessage *unpacked;
        struct ek_tagged *tagged;
        const struct ek_early_answer *early;
        Ekiden__Pull *pull;
        int r = ek_frame_message(frame, &ekiden__pull__descriptor, &unpacked);

        if (r < 0)
                return ek_link_failed(r, error);
        pull = (Ekiden__Pull *)unpacked;
        ek_utf8_copy_line(p->item, sizeof(p->item), pull->item);
        tagged = p->request.snapshot ? NULL : ek_tagged_find(pull->item);
        if (p->request.snapshot) {
                r = ek_predecessor_serve_snapshot(export_, pull, error);
                if (r == 1)
                        r = send_absent(p, pull->item, error);
        } else if ((early = ek_early_answer_to(p, pull))) {
                note_early(p, export_, pull, early);
        } else if (!tagged) {
                r = send_absent(p, pull->item, error);
        } else {
                uint64_t before = export_->total.records;

                r = ek_predecessor_check_type(tagged, pull->message, error);
                if (r == 0)
                        note_pulled(p, tagged, pull);
                if (r == 0)
                        r = pull->again ? export_again(export_, tagged, error)
                                        : ek_export_item(export_, tagged, error);
                if (r == 0 && pull->again) /* before the successor says what it thinks of that */
                        r = ek_ahead_check(p, error);
                if (r == 0 && !pull->again)
                        ek_room_note(p, tagged, pull, export_->total.records - before);
        }
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return r;
}

void ek_predecessor_read_reason(struct ek_predecessor *p, struct ekiden_error *error)
{
        struct ekiden_error reason = {0};
        struct ek_frame frame;

        /* What it said so far, and no more: one that went on speaking would keep us from serving.
         */
        shutdown(ek_link_socket(p->link), SHUT_RD);
        while (ek_receive(p->link, NULL, &frame, &reason) == 0)
                ;
        if (reason.code != 0 && reason.code != EKIDEN_EPEER)
                *error = reason;
}

/* The next frame of the successor. RECEIVED is not what is waited for. */
static int receive_request(struct ek_predecessor *p, struct ek_export *export_,
                           struct ek_frame *ret_frame, struct ekiden_error *error)
{
        for (;;) {
                const struct ek_wait wait = ek_predecessor_wait_whole(EKIDEN_PHASE_READY);
                int r = ek_receive(p->link, &wait, ret_frame, error);

                if (r < 0)
                        return r;
                if (ret_frame->kind != EKIDEN__FRAME_KIND__RECEIVED)
                        return 0;
                r = ek_export_note_received(export_, error);
                if (r < 0)
                        return r;
        }
}

/* What it says of itself there matters only where it was asked to say it. */
static int take_ready(struct ek_predecessor *p, const struct ek_frame *frame,
                      struct ekiden_error *error)
{
        ProtobufCMessage *unpacked;
        int r;

        if (!p->request.is_rehearsal && !p->request.is_verified)
                return 0;
        r = ek_frame_message(frame, &ekiden__ready__descriptor, &unpacked);
        if (r < 0)
                return ek_link_failed(r, error);
        p->ready = (Ekiden__Ready *)unpacked;
        p->report.ready = p->ready;
        return 0;
}

/* Pulls until READY. An item may be pulled again, by one that was split off from it, or that looks
   it up; but no more often than a program can have reasons to. */
static int answer_pulls(struct ek_predecessor *p, struct ek_export *export_,
                        struct ekiden_error *error)
{
        for (unsigned int pulls = 0; pulls <= PULLS_MAX; pulls++) {
                struct ek_frame frame;
                int r = receive_request(p, export_, &frame, error);

                if (r == 0 && frame.kind == EKIDEN__FRAME_KIND__READY) {
                        ek_early_forget_rest(p);
                        return take_ready(p, &frame, error);
                }
                if (r == 0 && frame.kind != EKIDEN__FRAME_KIND__PULL)
                        r = ek_link_failed(EKIDEN_EPROTOCOL, error);
                if (r == 0)
                        r = serve_pull(p, export_, &frame, error);
                if (r < 0)
                        return r;
        }
        return ekiden_error_set(error, EKIDEN_ELIMIT,
                                "the new process asked for more than %d items", PULLS_MAX);
}

static int serve_pulls(struct ek_predecessor *p, struct ekiden_error *error)
{
        struct ek_wait transfer = ek_predecessor_wait(EKIDEN_PHASE_TRANSFER);
        struct ek_export export_ = {
                .link = p->link,
                .wait = &transfer,
                .progress = on_progress,
                .digest_kind = p->request.is_verified ? EK_DIGEST_LIVE : EK_DIGEST_NONE,
                .given = &p->given,
                .notes_figures = p->request.is_rehearsal,
                .total = ek_ahead_count(p),
        };
        int r = ek_early_answer(p, &export_, error);

        if (r == 0)
                r = answer_pulls(p, &export_, error);
        ek_objects_free(export_.objects);
        return r == 0 ? ek_ahead_check(p, error) : r;
}

static void name_time_limit(const struct ek_predecessor *p, struct ekiden_error *error)
{
        bool is_in_item = p->phase == EKIDEN_PHASE_TRANSFER && p->item[0];

        snprintf(error->sentence, sizeof(error->sentence),
                 "the operator's time limit passed in phase %s%s%s%s", ekiden_phase_name(p->phase),
                 is_in_item ? ", in item \"" : "", is_in_item ? p->item : "",
                 is_in_item ? "\" or after it" : "");
}

/* A successor that is silent, or gone, does not say in what; what it asked for last tells. A limit
   of the operator's is no deadline of the phase. */
int ek_predecessor_explain(const struct ek_predecessor *p, struct ekiden_error *error)
{
        if (error->phase != EKIDEN_PHASE_NONE)
                return error->code; /* the successor's own words */
        if (error->code == EKIDEN_ETIMEOUT && p->phase < EKIDEN_PHASE_COMMIT &&
            ek_pause_has_passed(p->request.until_ns))
                name_time_limit(p, error);
        else if (error->code == EKIDEN_ETIMEOUT && p->phase < EKIDEN_PHASE_COMMIT &&
                 ek_pause_has_passed(p->pause_until_ns))
                ek_pause_explain(p, error);
        if ((error->code == EKIDEN_ETIMEOUT || error->code == EKIDEN_EPEER) &&
            p->phase == EKIDEN_PHASE_TRANSFER && !error->item[0])
                strcpy(error->item, p->item);
        return error->code;
}

int ek_predecessor_hand_over(uint64_t stopped_ns, struct ekiden_error *error)
{
        struct ek_predecessor *p = &ek_predecessor;
        int r;

        p->stopped_ns = stopped_ns;
        p->pause_until_ns = ek_pause_deadline(p, stopped_ns);
        ek_predecessor_unwatch();
        if (p->phase != EKIDEN_PHASE_PAUSE)
                ek_predecessor_enter(EKIDEN_PHASE_PAUSE);
        if (p->pause_until_ns > 0 && ek_now_ns() >= p->pause_until_ns) {
                ek_link_failed(EKIDEN_ETIMEOUT, error); /* before it has begun, in a rehearsal */
                return ek_predecessor_explain(p, error);
        }
        r = ek_predecessor_stop(p, error);
        if (r < 0)
                return r;
        fflush(NULL); /* what is buffered belongs before what the successor writes */
        r = send_paused(p, stopped_ns, error);
        if (r < 0)
                return r;
        ek_predecessor_enter(EKIDEN_PHASE_TRANSFER);
        r = ek_ahead_send_rest(p, error);
        p->report.count = ek_ahead_count(p);
        if (r == 0)
                r = serve_pulls(p, error);
        if (r == 0 && p->pause_until_ns > 0 && ek_now_ns() >= p->pause_until_ns)
                r = ek_link_failed(EKIDEN_ETIMEOUT, error);
        if (r == 0) {
                ek_predecessor_enter(EKIDEN_PHASE_READY);
                r = p->request.is_rehearsal ? ek_predecessor_dismiss(error)
                                            : ek_predecessor_commit(error);
        }
        if (r == EKIDEN_EPEER)
                ek_predecessor_read_reason(p, error);
        if (r < 0)
                return ek_predecessor_explain(p, error);
        p->report.pause_ns = ek_pause_so_far(p, stopped_ns);
        p->report.ahead = p->ahead.reports;
        p->report.rooms = &p->rooms;
        p->report.ahead_count = p->ahead.report_count;
        if (p->request.is_rehearsal)
                return EK_STEP_REHEARSED;
        fflush(NULL); /* what was written into them in the pause */
        ek_given_close(&p->given); /* before anything that takes time: the successor serves */
        ek_given_forget(&p->given);
        ek_arenas_let_go();
        ek_ahead_forget(p);
        ek_predecessor_enter(EKIDEN_PHASE_SERVE);
        return EK_STEP_COMMITTED;
}
