/* SPDX-License-Identifier: MIT */
/* See counts.h: the successor's side, before it is WARM. */
#include <string.h>

#include "handover/counts.h"
#include "state/reserve.h"

static int ask(const struct ek_ahead_source *from, const struct ekiden_item *source,
               struct ekiden_error *error)
{
        Ekiden__Count message = EKIDEN__COUNT__INIT;
        int r;

        message.item = (char *)(uintptr_t)source->name;
        message.message = (char *)(uintptr_t)source->message->descriptor->name;
        r = ek_link_send_message(from->link, EKIDEN__FRAME_KIND__COUNT, &message.base, from->wait);
        return r < 0 ? ek_link_failed(r, error) : 0;
}

/* As many are reserved as it says. */
static struct ek_room make_room(const struct ek_tagged *tagged, struct ekiden_objects *objects,
                                const Ekiden__Count *answer)
{
        struct ek_room room = {0};

        if (answer->has_count && answer->count == 0)
                room.obstacle = "the old version does not count them";
        else if (answer->has_count)
                room.obstacle = "memory ran out";
        room.records = answer->count > 0 ? ek_reserve_before(tagged, objects, answer->count) : 0;
        return room;
}

static int take_answer(const struct ek_ahead_source *from, const struct ekiden_item *source,
                       const struct ek_tagged *tagged, struct ekiden_objects *objects,
                       struct ek_room *ret_room, struct ekiden_error *error)
{
        const Ekiden__Count *answer;
        ProtobufCMessage *unpacked;
        struct ek_frame frame;
        int r = ek_receive(from->link, from->wait, &frame, error);

        if (r < 0)
                return r;
        if (frame.kind != EKIDEN__FRAME_KIND__COUNT)
                return ek_link_failed(EKIDEN_EPROTOCOL, error);
        r = ek_frame_message(&frame, &ekiden__count__descriptor, &unpacked);
        if (r < 0)
                return ek_link_failed(r, error);
        answer = (const Ekiden__Count *)unpacked;
        if (strcmp(answer->item, source->name) != 0)
                r = ek_link_failed(EKIDEN_EPROTOCOL, error);
        else
                *ret_room = make_room(tagged, objects, answer);
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return r;
}

int ek_counts_fetch(const struct ek_ahead_source *from, const struct ekiden_item *source,
                    const struct ek_tagged *tagged, struct ekiden_objects *objects,
                    struct ek_room *ret_room, struct ekiden_error *error)
{
        int r = ask(from, source, error);

        return r < 0 ? r : take_answer(from, source, tagged, objects, ret_room, error);
}
