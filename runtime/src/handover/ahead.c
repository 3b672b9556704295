/* SPDX-License-Identifier: MIT */
/* See ahead.h. */
#include "handover/ahead.h"

#include <stdio.h>
#include <string.h>

#include "handover/predecessor_private.h"
#include "state/changes.h"
#include "utf8.h"
#include "wire/clock.h"

#define OUTBOX_MAX ((size_t)256 << 10) /* bytes that wait for room in the socket */
#define ROUNDS_MAX 32
#define VAIN_ROUNDS_MAX 3
#define NEGLIGIBLE 20 /* of this part of the pause's budget nobody takes notice */
#define FIRST_COST_NS 2000 /* of a change, on both sides, before any was measured */
#define MEMORY 1000 /* changes whose cost counts, when newer ones are measured */
#define IMPORT_MAX_NS (UINT64_C(3600000) * EK_NS_PER_MS)
#define AGAIN_MAX 16
#define ASKED_MAX 4096 /* items, of one handover */

bool ek_ahead_is_offered(const struct ek_predecessor *p)
{
        return !p->request.is_verified && !p->request.snapshot;
}

void ek_ahead_begin(struct ek_predecessor *p)
{
        const struct ek_ahead_settings *settings = p->setup->ahead;
        struct ek_ahead *ahead = &p->ahead;
        unsigned int slice_us =
                settings && settings->slice_us ? settings->slice_us : EK_AHEAD_SLICE_US;
        unsigned int pause_us =
                settings && settings->pause_us ? settings->pause_us : EK_AHEAD_PAUSE_US;

        *ahead = (struct ek_ahead){.least_rest = UINT64_MAX};
        ahead->changes_max_bytes = settings && settings->changes_max_bytes
                                           ? settings->changes_max_bytes
                                           : EK_CHANGES_MAX_DEFAULT;
        ahead->pause_ns = pause_us * EK_NS_PER_US;
        ahead->max_pause_ns = p->request.max_pause_ns;
        if (ahead->max_pause_ns > 0 && ahead->max_pause_ns / 2 < ahead->pause_ns)
                ahead->pause_ns = ahead->max_pause_ns / 2;
        ek_pace_init(&ahead->pace, slice_us * EK_NS_PER_US);
}

void ek_ahead_forget(struct ek_predecessor *p)
{
        struct ek_ahead *ahead = &p->ahead;

        for (size_t i = 0; i < ahead->count; i++)
                ahead->items[i] = ek_ahead_export_free(ahead->items[i]);
        ahead->count = 0;
        ahead->is_sending = ahead->is_warm = false;
        ahead->unanswered = 0;
        ek_outbox_deinit(&ahead->outbox);
}

struct ek_count ek_ahead_count(const struct ek_predecessor *p)
{
        struct ek_count count = {0};

        for (size_t i = 0; i < p->ahead.count; i++) {
                struct ek_ahead_count total = ek_ahead_export_total(p->ahead.items[i]);

                count.records += total.records;
                count.bytes += total.bytes;
        }
        return count;
}

static struct ek_ahead_report *report_of(struct ek_ahead *ahead, const char *item)
{
        struct ek_ahead_report *report;

        for (size_t i = 0; i < ahead->report_count; i++)
                if (strcmp(ahead->reports[i].item, item) == 0)
                        return &ahead->reports[i];
        if (ahead->report_count == EK_AHEAD_ITEMS_MAX)
                return NULL;
        report = &ahead->reports[ahead->report_count++];
        snprintf(report->item, sizeof(report->item), "%s", item);
        return report;
}

static void note_declined(struct ek_ahead *ahead, const char *item, const char *reason)
{
        struct ek_ahead_report *report = report_of(ahead, item);

        if (!report)
                return;
        report->is_declined = true;
        ek_utf8_copy_line(report->reason, sizeof(report->reason), reason);
}

void ek_ahead_note_pulled(struct ek_predecessor *p, const struct ek_tagged *tagged,
                          const char *reason)
{
        if (!tagged->item.ahead || p->request.snapshot ||
            report_of(&p->ahead, tagged->name) == NULL)
                return;
        for (size_t i = 0; i < p->ahead.count; i++)
                if (strcmp(ek_ahead_export_name(p->ahead.items[i]), tagged->name) == 0)
                        return; /* once more, for another item that looks it up */
        if (report_of(&p->ahead, tagged->name)->is_declined)
                return;
        if (p->request.is_verified)
                reason = "the upgrade was to be verified";
        else if (!reason)
                reason = "the new version asked for it in the pause";
        note_declined(&p->ahead, tagged->name, reason);
}

static int out_of_memory(struct ekiden_error *error)
{
        return ekiden_error_set(error, EKIDEN_ENOMEM, "memory ran out while sending ahead");
}

static int answer_absent(struct ek_ahead *ahead, char *item, struct ekiden_error *error)
{
        Ekiden__Absent absent = EKIDEN__ABSENT__INIT;

        absent.item = item;
        return ek_outbox_message(&ahead->outbox, EKIDEN__FRAME_KIND__ABSENT, &absent.base) < 0
                       ? out_of_memory(error)
                       : 0;
}

static int decline(struct ek_ahead *ahead, char *item, const char *reason,
                   struct ekiden_error *error)
{
        Ekiden__Declined declined = EKIDEN__DECLINED__INIT;

        note_declined(ahead, item, reason);
        declined.item = item;
        declined.reason = (char *)(uintptr_t)reason;
        return ek_outbox_message(&ahead->outbox, EKIDEN__FRAME_KIND__DECLINED, &declined.base) < 0
                       ? out_of_memory(error)
                       : 0;
}

static bool is_under_way(const struct ek_ahead *ahead, const char *item)
{
        for (size_t i = 0; i < ahead->count; i++)
                if (strcmp(ek_ahead_export_name(ahead->items[i]), item) == 0)
                        return true;
        return false;
}

/* The first pass of an item begins. */
static int begin_item(struct ek_predecessor *p, struct ek_tagged *tagged,
                      struct ekiden_error *error)
{
        struct ek_ahead *ahead = &p->ahead;
        int r = ek_ahead_export_new(tagged, ahead->changes_max_bytes, &ahead->items[ahead->count],
                                    error);

        if (r < 0)
                return r;
        tagged->pulled_in = p->serial;
        ahead->at = ahead->count++;
        ahead->is_sending = true;
        return ek_ahead_export_begin(ahead->items[ahead->at], &ahead->outbox, error);
}

static int answer_ahead(struct ek_predecessor *p, const Ekiden__Ahead *asked,
                        struct ekiden_error *error)
{
        struct ek_ahead *ahead = &p->ahead;
        struct ek_tagged *tagged = ek_tagged_find(asked->item);
        const char *obstacle;
        int r;

        if (!tagged)
                return answer_absent(ahead, asked->item, error);
        r = ek_predecessor_check_type(tagged, asked->message, error);
        if (r < 0)
                return r;
        obstacle = ek_ahead_obstacle(tagged);
        if (!obstacle && is_under_way(ahead, asked->item))
                obstacle = "it is sent ahead already, to another item of the new version";
        if (!obstacle && ahead->count == EK_AHEAD_ITEMS_MAX)
                obstacle = "too many others are sent ahead";
        return obstacle ? decline(ahead, asked->item, obstacle, error)
                        : begin_item(p, tagged, error);
}

/* The successor has what it asked for; what it says next comes when it has answered that. */
static bool is_settled(const struct ek_ahead *ahead)
{
        return !ahead->is_warm && !ahead->is_sending && ahead->unanswered == 0 &&
               ek_outbox_left(&ahead->outbox) == 0;
}

static int take_ahead(struct ek_predecessor *p, const struct ek_frame *frame,
                      struct ekiden_error *error)
{
        ProtobufCMessage *unpacked;
        int r;

        if (!ek_ahead_is_offered(p) || !is_settled(&p->ahead))
                return ek_link_failed(EKIDEN_EPROTOCOL, error);
        if (p->ahead.asked++ == ASKED_MAX)
                return ekiden_error_set(error, EKIDEN_ELIMIT,
                                        "the new process asked for more than %d items ahead",
                                        ASKED_MAX);
        r = ek_frame_message(frame, &ekiden__ahead__descriptor, &unpacked);
        if (r < 0)
                return ek_link_failed(r, error);
        r = answer_ahead(p, (const Ekiden__Ahead *)unpacked, error);
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return r;
}

static int take_passed(struct ek_predecessor *p, const struct ek_frame *frame,
                       struct ekiden_error *error)
{
        struct ek_ahead *ahead = &p->ahead;
        const Ekiden__Passed *passed;
        ProtobufCMessage *unpacked;
        size_t i = 0;
        int r = ek_frame_message(frame, &ekiden__passed__descriptor, &unpacked);

        if (r < 0)
                return ek_link_failed(r, error);
        passed = (const Ekiden__Passed *)unpacked;
        while (i < ahead->count && strcmp(ek_ahead_export_name(ahead->items[i]), passed->item) != 0)
                i++;
        if (i == ahead->count || ahead->unanswered == 0 ||
            ek_ahead_export_round(ahead->items[i]) != passed->round) {
                r = ek_link_failed(EKIDEN_EPROTOCOL, error);
        } else {
                struct ek_ahead_count count = ek_ahead_export_portion(ahead->items[i]);

                ahead->unanswered--;
                ahead->their_number += count.records + count.gone;
                ahead->their_ns +=
                        passed->import_ns < IMPORT_MAX_NS ? passed->import_ns : IMPORT_MAX_NS;
        }
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return r;
}

int ek_ahead_take(struct ek_predecessor *p, const struct ek_frame *frame,
                  struct ekiden_error *error)
{
        ek_predecessor_renew();
        return frame->kind == EKIDEN__FRAME_KIND__AHEAD ? take_ahead(p, frame, error)
                                                        : take_passed(p, frame, error);
}

/* Older figures count less than new ones. */
static void forget_some(uint64_t *ns, uint64_t *number)
{
        if (*number <= MEMORY)
                return;
        *ns = (uint64_t)((double)*ns / (double)*number * MEMORY);
        *number = MEMORY;
}

int ek_ahead_warm(struct ek_predecessor *p, struct ekiden_error *error)
{
        if (!is_settled(&p->ahead))
                return ek_link_failed(EKIDEN_EPROTOCOL, error);
        if (p->ahead.count == 0)
                return 1;
        p->ahead.is_warm = true;
        return 0;
}

static uint64_t rest_of(const struct ek_ahead *ahead)
{
        uint64_t rest = 0;

        for (size_t i = 0; i < ahead->count; i++)
                rest += ek_ahead_export_rest(ahead->items[i]);
        return rest;
}

static double cost_of(uint64_t ns, uint64_t number)
{
        return number > 0 ? (double)ns / (double)number : FIRST_COST_NS / 2.0;
}

/* How long it would take in the pause. */
static uint64_t estimate(const struct ek_ahead *ahead, uint64_t rest)
{
        double cost = cost_of(ahead->own_ns, ahead->own_number) +
                      cost_of(ahead->their_ns, ahead->their_number);
        double needed_ns = (double)rest * cost;

        /* A successor may make up figures, and of those more than a number holds. */
        return needed_ns < (double)IMPORT_MAX_NS ? (uint64_t)needed_ns : IMPORT_MAX_NS;
}

/* Items from `first` on that have changed: the next one begins. */
static int begin_portion(struct ek_ahead *ahead, size_t first, struct ekiden_error *error)
{
        for (size_t i = first; i < ahead->count; i++)
                if (ek_ahead_export_rest(ahead->items[i]) > 0) {
                        ahead->at = i;
                        ahead->is_sending = true;
                        return ek_ahead_export_begin(ahead->items[i], &ahead->outbox, error);
                }
        ahead->is_sending = false;
        return 0;
}

/* What is left is too much, and gets no less. */
static int give_up(struct ek_ahead *ahead, uint64_t rest, uint64_t needed_ns,
                   struct ekiden_error *error)
{
        ahead->is_outrun = true;
        if (ahead->max_pause_ns == 0 || needed_ns <= ahead->max_pause_ns)
                return 1;
        return ekiden_error_set(
                error, EKIDEN_ELIMIT,
                "after %u rounds %llu keys that changed are left, and would take about %.1f ms in "
                "the pause, of which --max-pause allows %.1f; try again at a quieter time, or "
                "allow more",
                ahead->rounds, (unsigned long long)rest, (double)needed_ns / EK_NS_PER_MS,
                (double)ahead->max_pause_ns / EK_NS_PER_MS);
}

/* Within the budget, rounds go on as long as each leaves half of what the last one left, at most:
   they are short then, and the pause comes to depend on how fast the state changes and not on its
   size. */
static bool pays_off(const struct ek_ahead *ahead, uint64_t rest, uint64_t needed_ns)
{
        return needed_ns > ahead->pause_ns / NEGLIGIBLE && rest <= ahead->least_rest / 2 &&
               ahead->rounds < ROUNDS_MAX;
}

/* All that was sent has been imported: 1, pause; 0: another round has begun; or an error. */
static int decide(struct ek_ahead *ahead, struct ekiden_error *error)
{
        uint64_t rest = rest_of(ahead);
        uint64_t needed_ns = estimate(ahead, rest);

        if (needed_ns <= ahead->pause_ns && !pays_off(ahead, rest, needed_ns))
                return 1;
        if (ahead->rounds > 0 && rest / 7 >= ahead->least_rest / 8) {
                ahead->vain_rounds++;
                ek_pace_press(&ahead->pace);
        }
        if (rest < ahead->least_rest)
                ahead->least_rest = rest;
        if (ahead->vain_rounds >= VAIN_ROUNDS_MAX || ahead->rounds >= ROUNDS_MAX)
                return give_up(ahead, rest, needed_ns, error);
        ahead->rounds++;
        forget_some(&ahead->own_ns, &ahead->own_number);
        forget_some(&ahead->their_ns, &ahead->their_number);
        return begin_portion(ahead, 0, error);
}

/* Records or keys until the outbox is full, the portion ends, or time is over. */
static int fill(struct ek_ahead *ahead, uint64_t until_ns, struct ekiden_error *error)
{
        while (ahead->is_sending && ek_outbox_left(&ahead->outbox) < OUTBOX_MAX) {
                struct ek_ahead_export *item = ahead->items[ahead->at];
                struct ek_ahead_count before = ek_ahead_export_total(item), after;
                int r = ek_ahead_export_step(item, &ahead->outbox, error);

                if (r < 0)
                        return r;
                after = ek_ahead_export_total(item);
                ahead->own_number += after.records - before.records + after.gone - before.gone;
                if (r == 0) {
                        r = ek_ahead_export_finish(item, false, &ahead->outbox, error);
                        ahead->unanswered++;
                        if (r == 0)
                                r = begin_portion(ahead,
                                                  ahead->is_warm ? ahead->at + 1 : ahead->count,
                                                  error);
                        if (r < 0)
                                return r;
                }
                if (ek_now_ns() >= until_ns)
                        break;
        }
        if (ahead->is_sending)
                ek_ahead_export_close(ahead->items[ahead->at], &ahead->outbox);
        return 0;
}

/* 1: the socket has no room; 0; or an error. */
static int send_some(struct ek_predecessor *p, struct ekiden_error *error)
{
        struct ek_ahead *ahead = &p->ahead;
        size_t before = ek_outbox_left(&ahead->outbox);
        int r = ek_outbox_send(&ahead->outbox, p->link, NULL);

        if (r < 0)
                return ek_link_failed(r, error);
        if (ek_outbox_left(&ahead->outbox) < before)
                ek_predecessor_renew();
        return ek_outbox_left(&ahead->outbox) > 0;
}

static int slice(struct ek_predecessor *p, uint64_t until_ns, struct ekiden_error *error)
{
        struct ek_ahead *ahead = &p->ahead;
        int is_blocked;

        do {
                int r = fill(ahead, until_ns, error);

                if (r < 0)
                        return r;
                is_blocked = send_some(p, error);
                if (is_blocked < 0)
                        return is_blocked;
        } while (!is_blocked && ahead->is_sending && ek_now_ns() < until_ns);
        return is_blocked;
}

static void tell(const struct ek_predecessor *p)
{
        const struct ek_observer *observer = &p->request.observer;
        const struct ek_ahead *ahead = &p->ahead;
        const struct ek_ahead_export *item;
        struct ek_ahead_progress progress;
        struct ek_ahead_count portion;

        if (!observer->ahead || ahead->count == 0)
                return;
        item = ahead->items[ahead->at];
        portion = ek_ahead_export_portion(item);
        progress = (struct ek_ahead_progress){
                .item = ek_ahead_export_name(item),
                .round = ek_ahead_export_round(item),
                .records = portion.records + portion.gone,
                .announced = ek_ahead_export_round(item) == 0 ? ek_ahead_export_announced(item) : 0,
                .rest = rest_of(ahead),
                .bytes = ek_ahead_count(p).bytes,
        };
        observer->ahead(observer->data, &progress);
}

/* One that refused has said why before it closed. */
static int failed(struct ek_predecessor *p, int result, struct ekiden_error *error)
{
        if (result == EKIDEN_EPEER)
                ek_predecessor_read_reason(p, error);
        return error->code;
}

int ek_ahead_run(struct ek_predecessor *p, struct ekiden_error *error)
{
        struct ek_ahead *ahead = &p->ahead;
        uint64_t began_ns = ek_now_ns(), ended_ns;
        int r;

        if (!ahead->is_sending && ek_outbox_left(&ahead->outbox) == 0) {
                if (!ahead->is_warm || ahead->unanswered > 0)
                        return 0;
                r = decide(ahead, error);
                if (r != 0)
                        return r;
        }
        if (began_ns < ahead->pace.next_ns)
                return 0;
        r = slice(p, began_ns + ek_pace_begin(&ahead->pace, began_ns), error);
        if (r < 0)
                return failed(p, r, error);
        ended_ns = ek_now_ns();
        ahead->own_ns += ended_ns - began_ns;
        ek_pace_end(&ahead->pace, began_ns, ended_ns, r);
        tell(p);
        return 0;
}

uint64_t ek_ahead_wake_ns(void)
{
        const struct ek_predecessor *p = &ek_predecessor;

        if (p->phase != EKIDEN_PHASE_WARM ||
            (!p->ahead.is_sending && ek_outbox_left(&p->ahead.outbox) == 0))
                return UINT64_MAX;
        return p->ahead.pace.next_ns;
}

/* A portion without slices: the program stands still. */
static int send_last(struct ek_predecessor *p, struct ek_ahead_export *item,
                     struct ekiden_error *error)
{
        struct ek_wait wait = ek_predecessor_wait(EKIDEN_PHASE_TRANSFER);
        struct ek_outbox *box = &p->ahead.outbox;
        int r = ek_ahead_export_begin(item, box, error);

        /* Who looks for a record may find that others have expired, and tell of that. */
        for (int again = 0; r >= 0 && again < AGAIN_MAX; again++) {
                do {
                        r = ek_ahead_export_step(item, box, error);
                        if (r >= 0 && ek_outbox_left(box) >= EK_AHEAD_BATCH) {
                                int sent;

                                ek_ahead_export_close(item, box);
                                sent = ek_outbox_send(box, p->link, &wait);
                                r = sent < 0 ? ek_link_failed(sent, error) : r;
                        }
                } while (r > 0);
                if (r < 0 || ek_ahead_export_rest(item) == 0)
                        break;
                ek_ahead_export_again(item);
        }
        if (r == 0)
                r = ek_ahead_export_finish(item, true, box, error);
        if (r == 0)
                r = ek_outbox_send(box, p->link, &wait);
        return r < 0 ? ek_link_failed(r, error) : 0;
}

static void note_sent(struct ek_ahead *ahead, const struct ek_ahead_export *item)
{
        struct ek_ahead_report *report = report_of(ahead, ek_ahead_export_name(item));
        struct ek_ahead_count total = ek_ahead_export_total(item);
        struct ek_ahead_count last = ek_ahead_export_portion(item);

        if (!report)
                return;
        report->is_outrun = ahead->is_outrun;
        report->rounds = ek_ahead_export_round(item);
        report->rest = last.records + last.gone;
        report->records = total.records + total.gone - report->rest;
}

int ek_ahead_send_rest(struct ek_predecessor *p, struct ekiden_error *error)
{
        struct ek_ahead *ahead = &p->ahead;

        for (size_t i = 0; i < ahead->count; i++) {
                int r = send_last(p, ahead->items[i], error);

                if (r < 0)
                        return r;
                note_sent(ahead, ahead->items[i]);
        }
        return 0;
}

int ek_ahead_check(const struct ek_predecessor *p, struct ekiden_error *error)
{
        const struct ek_ahead *ahead = &p->ahead;
        int r = 0;

        for (size_t i = 0; r == 0 && i < ahead->count; i++)
                r = ek_ahead_export_check(ahead->items[i], error);
        return r;
}
