/* SPDX-License-Identifier: MIT */
/* See ahead_successor.h. */
#include "handover/ahead_successor.h"

#include <string.h>

#include "handover/ahead.h"
#include "state/reserve.h"

static struct {
        struct ek_ahead_import *items[EK_AHEAD_ITEMS_MAX];
        size_t count;
} ahead;

bool ek_ahead_is_under_way(void)
{
        return ahead.count > 0;
}

void ek_ahead_end(void)
{
        for (size_t i = 0; i < ahead.count; i++)
                ahead.items[i] = ek_ahead_import_free(ahead.items[i]);
        ahead.count = 0;
}

static int ask(const struct ek_ahead_source *from, const struct ekiden_item *source,
               struct ekiden_error *error)
{
        Ekiden__Ahead message = EKIDEN__AHEAD__INIT;
        int r;

        message.item = (char *)(uintptr_t)source->name;
        message.message = (char *)(uintptr_t)source->message->descriptor->name;
        r = ek_link_send_message(from->link, EKIDEN__FRAME_KIND__AHEAD, &message.base, from->wait);
        return r < 0 ? ek_link_failed(r, error) : 0;
}

static int send_passed(const struct ek_ahead_source *from, const struct ek_ahead_import *item,
                       uint64_t import_ns, struct ekiden_error *error)
{
        Ekiden__Passed message = EKIDEN__PASSED__INIT;
        int r;

        message.item = (char *)(uintptr_t)ek_ahead_import_name(item);
        message.round = ek_ahead_import_round(item);
        message.has_import_ns = 1;
        message.import_ns = import_ns;
        r = ek_link_send_message(from->link, EKIDEN__FRAME_KIND__PASSED, &message.base, from->wait);
        return r < 0 ? ek_link_failed(r, error) : 0;
}

/* The item that an ITEM begins a portion of, and how many records it tells of, 0 being unknown;
   NULL: it is none that was asked for. */
static struct ek_ahead_import *item_of(const struct ek_frame *frame, uint64_t *ret_announced)
{
        struct ek_ahead_import *found = NULL;
        ProtobufCMessage *unpacked;
        const Ekiden__Item *item;

        if (ek_frame_message(frame, &ekiden__item__descriptor, &unpacked) < 0)
                return NULL;
        item = (const Ekiden__Item *)unpacked;
        for (size_t i = 0; i < ahead.count && item->has_stream && item->stream; i++)
                if (strcmp(ek_ahead_import_name(ahead.items[i]), item->item) == 0)
                        found = ahead.items[i];
        *ret_announced = item->has_count ? item->count : 0;
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return found;
}

/* A portion while the predecessor serves; it is told that, and how long, it was imported. */
static int take_portion(const struct ek_ahead_source *from, struct ek_ahead_import *item,
                        struct ekiden_error *error)
{
        uint64_t import_ns;
        int r;

        if (!item)
                return ek_link_failed(EKIDEN_EPROTOCOL, error);
        r = ek_ahead_import_portion(item, from->link, from->wait, false, &import_ns, error);
        return r < 0 ? r : send_passed(from, item, import_ns, error);
}

/* What answers AHEAD: the first portion, or that there is none. */
static int take_answer(const struct ek_ahead_source *from, struct ek_ahead_import *item,
                       const struct ek_tagged *tagged, struct ekiden_error *error)
{
        struct ek_frame frame;
        uint64_t announced;
        int r = ek_receive(from->link, from->wait, &frame, error);

        if (r < 0)
                return r;
        if (frame.kind == EKIDEN__FRAME_KIND__ABSENT)
                return EKIDEN_FRESH;
        if (frame.kind == EKIDEN__FRAME_KIND__DECLINED)
                return EK_AHEAD_DECLINED;
        if (frame.kind != EKIDEN__FRAME_KIND__ITEM || item_of(&frame, &announced) != item)
                return ek_link_failed(EKIDEN_EPROTOCOL, error);
        ek_reserve_ahead(tagged, announced);
        r = take_portion(from, item, error);
        return r < 0 ? r : EKIDEN_RESUMED;
}

int ek_ahead_fetch(const struct ek_ahead_source *from, const struct ekiden_item *source,
                   const struct ek_tagged *tagged, const struct ek_route *route,
                   struct ekiden_objects *objects, struct ekiden_error *error)
{
        struct ek_ahead_import *item;
        int r;

        if (ahead.count == EK_AHEAD_ITEMS_MAX)
                return EK_AHEAD_DECLINED;
        r = ek_ahead_import_new(tagged, route, objects, &item);
        if (r < 0)
                return ekiden_error_set(error, r, "memory ran out while importing");
        ahead.items[ahead.count++] = item;
        r = ask(from, source, error);
        if (r == 0)
                r = take_answer(from, item, tagged, error);
        if (r != EKIDEN_RESUMED) {
                ahead.count--;
                ek_ahead_import_free(item);
        }
        return r;
}

int ek_ahead_until_paused(const struct ek_ahead_source *from, struct ek_frame *ret_paused,
                          struct ekiden_error *error)
{
        for (;;) {
                int r = ek_receive(from->link, from->wait, ret_paused, error);
                uint64_t announced;

                if (r < 0 || ret_paused->kind == EKIDEN__FRAME_KIND__PAUSED)
                        return r;
                if (ret_paused->kind != EKIDEN__FRAME_KIND__ITEM)
                        return ek_link_failed(EKIDEN_EPROTOCOL, error);
                error->phase = EKIDEN_PHASE_WARM; /* the predecessor serves */
                r = take_portion(from, item_of(ret_paused, &announced), error);
                if (r < 0)
                        return r;
                error->phase = EKIDEN_PHASE_PAUSE;
        }
}

int ek_ahead_take_rest(const struct ek_ahead_source *from, struct ekiden_error *error)
{
        for (size_t i = 0; i < ahead.count; i++) {
                struct ek_frame frame;
                uint64_t import_ns, announced;
                int r = ek_receive(from->link, from->wait, &frame, error);

                if (r == 0 && (frame.kind != EKIDEN__FRAME_KIND__ITEM ||
                               item_of(&frame, &announced) != ahead.items[i]))
                        r = ek_link_failed(EKIDEN_EPROTOCOL, error);
                if (r == 0)
                        r = ek_ahead_import_portion(ahead.items[i], from->link, from->wait, true,
                                                    &import_ns, error);
                if (r < 0)
                        return r;
        }
        ek_ahead_end();
        return 0;
}
