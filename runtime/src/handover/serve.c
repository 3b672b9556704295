/* SPDX-License-Identifier: MIT */
/*
 * The pause, as the predecessor sees it: it has stopped at its update point and answers what the
 * successor pulls, until that is ready. Nothing of the program's state is changed here, so that
 * resuming is nothing but returning.
 */
#include <stdio.h>
#include <string.h>

#include "handover/predecessor_private.h"
#include "wire/clock.h"

static struct ek_wait wait_of(const struct ek_predecessor *p, enum ekiden_phase phase)
{
        return (struct ek_wait){
                .idle_ms = p->setup->deadlines->ms[phase],
                .until_ns = p->request.until_ns,
                .operator_ = p->request.operator_,
        };
}

static int send_paused(struct ek_predecessor *p, struct ekiden_error *error)
{
        struct ek_wait wait = wait_of(p, EKIDEN_PHASE_TRANSFER);
        Ekiden__Paused paused = EKIDEN__PAUSED__INIT;
        int r;

        paused.update_point = p->report.update_point;
        r = ek_link_send_message(p->link, EKIDEN__FRAME_KIND__PAUSED, &paused.base, &wait);
        return r < 0 ? ek_link_failed(r, error) : 0;
}

static int send_absent(struct ek_predecessor *p, char *item, struct ekiden_error *error)
{
        struct ek_wait wait = wait_of(p, EKIDEN_PHASE_TRANSFER);
        Ekiden__Absent absent = EKIDEN__ABSENT__INIT;
        int r;

        absent.item = item;
        r = ek_link_send_message(p->link, EKIDEN__FRAME_KIND__ABSENT, &absent.base, &wait);
        return r < 0 ? ek_link_failed(r, error) : 0;
}

static void progress(void *data, const struct ek_tagged *tagged, uint64_t item_records,
                     uint64_t announced)
{
        struct ek_export *export_ = data;
        const struct ek_observer *observer = &ek_predecessor.request.observer;

        ek_predecessor.report.count = export_->total;
        if (observer->progress)
                observer->progress(observer->data, tagged->name, item_records, announced,
                                   &export_->total);
}

/* Before anything is sent: is it the type that the successor expects? */
static int check_type(const struct ek_tagged *tagged, const Ekiden__Pull *pull,
                      struct ekiden_error *error)
{
        const char *name = tagged->item.message->descriptor->name;

        if (strcmp(name, pull->message) == 0)
                return 0;
        snprintf(error->item, sizeof(error->item), "%s", tagged->name);
        return ekiden_error_set(
                error, EKIDEN_ETYPE,
                "item \"%s\" is a %s in this process, and the new binary asks for a "
                "%s; give one of them another name",
                tagged->name, name, pull->message);
}

static int serve_pull(struct ek_predecessor *p, struct ek_export *export_,
                      const struct ek_frame *frame, struct ekiden_error *error)
{
        ProtobufCMessage *unpacked;
        const struct ek_tagged *tagged;
        Ekiden__Pull *pull;
        int r = ek_frame_message(frame, &ekiden__pull__descriptor, &unpacked);

        if (r < 0)
                return ek_link_failed(r, error);
        pull = (Ekiden__Pull *)unpacked;
        tagged = ek_tagged_find(pull->item);
        if (!tagged) {
                r = send_absent(p, pull->item, error);
        } else {
                r = check_type(tagged, pull, error);
                if (r == 0)
                        r = ek_export_item(export_, tagged, error);
        }
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return r;
}

/* A peer that refused and closed: its reason may still lie in the socket. */
static void read_reason(struct ek_predecessor *p, struct ekiden_error *error)
{
        struct ekiden_error reason = {0};
        struct ek_frame frame;

        while (ek_receive(p->link, NULL, &frame, &reason) == 0)
                ;
        if (reason.code != 0 && reason.code != EKIDEN_EPEER)
                *error = reason;
}

/* Pulls until READY. */
static int serve_pulls(struct ek_predecessor *p, struct ekiden_error *error)
{
        struct ek_wait transfer = wait_of(p, EKIDEN_PHASE_TRANSFER);
        struct ek_wait next = wait_of(p, EKIDEN_PHASE_READY);
        struct ek_export export_ = {
                .link = p->link,
                .wait = &transfer,
                .progress = progress,
                .data = &export_,
        };

        for (;;) {
                struct ek_frame frame;
                int r = ek_receive(p->link, &next, &frame, error);

                if (r == 0 && frame.kind == EKIDEN__FRAME_KIND__READY)
                        return 0;
                if (r == 0 && frame.kind != EKIDEN__FRAME_KIND__PULL)
                        r = ek_link_failed(EKIDEN_EPROTOCOL, error);
                if (r == 0)
                        r = serve_pull(p, &export_, &frame, error);
                if (r < 0)
                        return r;
        }
}

int ek_predecessor_hand_over(struct ekiden_error *error)
{
        struct ek_predecessor *p = &ek_predecessor;
        uint64_t stopped_ns = ek_now_ns();
        int r;

        ek_predecessor_unwatch();
        ek_predecessor_enter(EKIDEN_PHASE_PAUSE);
        fflush(NULL); /* what is buffered belongs before what the successor writes */
        r = send_paused(p, error);
        if (r < 0)
                return r;
        ek_predecessor_enter(EKIDEN_PHASE_TRANSFER);
        r = serve_pulls(p, error);
        if (r == EKIDEN_EPEER)
                read_reason(p, error);
        if (r < 0)
                return r;
        ek_predecessor_enter(EKIDEN_PHASE_READY);
        r = ek_predecessor_commit(error);
        if (r < 0)
                return r;
        p->report.pause_ns = ek_now_ns() - stopped_ns;
        ek_predecessor_enter(EKIDEN_PHASE_SERVE);
        return 0;
}
