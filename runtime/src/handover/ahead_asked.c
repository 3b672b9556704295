/* SPDX-License-Identifier: MIT */
/*
 * What the successor says while the predecessor serves: AHEAD, which asks for an item; PASSED, when
 * it has taken what was sent; and WARM, when it has asked for all.
 */
#include <string.h>

#include "handover/ahead_private.h"
#include "handover/predecessor_private.h"

#define ASKED_MAX 4096 /* items, of one handover */

static int answer_absent(struct ek_ahead *ahead, char *item, struct ekiden_error *error)
{
        Ekiden__Absent absent = EKIDEN__ABSENT__INIT;

        absent.item = item;
        return ek_outbox_message(&ahead->outbox, EKIDEN__FRAME_KIND__ABSENT, &absent.base) < 0
                       ? ek_ahead_export_no_memory(error)
                       : 0;
}

static int decline(struct ek_ahead *ahead, char *item, const char *reason,
                   struct ekiden_error *error)
{
        Ekiden__Declined declined = EKIDEN__DECLINED__INIT;

        ek_ahead_note_declined(ahead, item, reason);
        declined.item = item;
        declined.reason = (char *)(uintptr_t)reason;
        return ek_outbox_message(&ahead->outbox, EKIDEN__FRAME_KIND__DECLINED, &declined.base) < 0
                       ? ek_ahead_export_no_memory(error)
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

bool ek_ahead_is_settled(const struct ek_ahead *ahead)
{
        return !ahead->is_warm && !ahead->is_sending && ahead->unanswered == 0 &&
               ek_outbox_left(&ahead->outbox) == 0;
}

static int take_ahead(struct ek_predecessor *p, const struct ek_frame *frame,
                      struct ekiden_error *error)
{
        ProtobufCMessage *unpacked;
        int r;

        if (!ek_ahead_is_offered(p) || !ek_ahead_is_settled(&p->ahead))
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
                ahead->their_ns += passed->import_ns < EK_AHEAD_IMPORT_MAX_NS
                                           ? passed->import_ns
                                           : EK_AHEAD_IMPORT_MAX_NS;
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

int ek_ahead_warm(struct ek_predecessor *p, struct ekiden_error *error)
{
        if (!ek_ahead_is_settled(&p->ahead))
                return ek_link_failed(EKIDEN_EPROTOCOL, error);
        if (p->ahead.count == 0)
                return 1;
        p->ahead.is_warm = true;
        return 0;
}
