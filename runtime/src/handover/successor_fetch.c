/* SPDX-License-Identifier: MIT */
/*
 * What a successor fetches, in its own order: ahead, while the predecessor serves; the count of
 * what it will pull; and with the first PULL it is warm, and the predecessor pauses.
 */
#include <stdio.h>
#include <string.h>

#include "handover/ahead_successor.h"
#include "handover/counts.h"
#include "handover/early_successor.h"
#include "handover/stands.h"
#include "handover/successor_private.h"
#include "state/arena_held.h"
#include "state/reserve.h"
#include "state/transfer.h"

static int read_paused(struct ekiden_error *error)
{
        const struct ek_wait wait = {.idle_ms = ek_successor.pause_ms};
        const struct ek_ahead_source from = {ek_successor.link, &wait};
        const Ekiden__Paused *paused;
        ProtobufCMessage *unpacked;
        struct ek_frame frame;
        int r = ek_ahead_until_paused(&from, &frame, error);

        if (r < 0)
                return r;
        if (frame.kind != EKIDEN__FRAME_KIND__PAUSED)
                return ek_link_failed(EKIDEN_EPROTOCOL, error);
        r = ek_frame_message(&frame, &ekiden__paused__descriptor, &unpacked);
        if (r < 0)
                return ek_link_failed(r, error);
        paused = (const Ekiden__Paused *)unpacked;
        snprintf(ek_successor.update_point, sizeof(ek_successor.update_point), "%s",
                 paused->update_point);
        ek_successor.stopped_ns = paused->has_stopped_ns ? paused->stopped_ns : 0;
        r = ek_stands_receive(paused);
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return r < 0 ? ek_link_failed(r, error) : 0;
}

int ek_successor_expect_paused(struct ekiden_error *error)
{
        const struct ek_wait wait = {.idle_ms = ek_successor.transfer_ms};
        const struct ek_ahead_source from = {ek_successor.link, &wait};
        int r;

        if (ek_successor.is_paused)
                return 0;
        error->phase = EKIDEN_PHASE_PAUSE;
        ek_successor.is_receiving = true;
        r = read_paused(error);
        ek_successor.is_paused = r == 0;
        if (r == 0) {
                error->phase = EKIDEN_PHASE_TRANSFER;
                r = ek_ahead_take_rest(&from, error);
        }
        ek_successor.is_receiving = false;
        return r;
}

int ek_successor_announce_warm(const struct ekiden_item *first, struct ekiden_error *error)
{
        const struct ek_wait wait = {.idle_ms = ek_successor.transfer_ms};
        const struct ek_ahead_source from = {ek_successor.link, &wait};
        int r;

        if (ek_successor.is_warm)
                return 0;
        r = ek_link_prepare(ek_successor.link, NULL);
        if (r < 0)
                return ek_link_failed(r, error);
        r = ek_early_foretell(&from, &ek_successor.chain, first, error);
        if (r < 0)
                return r;
        ek_successor.is_warm = true;
        /* What came ahead is completed before anything else is asked for. */
        return ek_ahead_is_under_way() ? ek_successor_expect_paused(error) : 0;
}

/* Why an item cannot be asked for ahead, as the end of a sentence; NULL: it can. */
static const char *ahead_obstacle(const struct ekiden_item *source, const struct ek_tagged *tagged,
                                  const struct ek_route *route)
{
        const char *obstacle = ek_ahead_import_obstacle(tagged, source, route);

        if (obstacle || !ek_successor.is_warm)
                return obstacle;
        return "the new version asked for it in the pause; it is to be tagged before all that is "
               "not sent ahead";
}

/* Whether another item of this version has its records from the same one: that can be sent ahead
   once only, to whichever is tagged first. */
static bool is_shared(const struct ekiden_item *source, const struct ek_tagged *tagged)
{
        const struct ekiden_schema *schema = ek_successor.chain.to;

        for (size_t i = 0; i < schema->item_count; i++) {
                const struct ekiden_item *other = &schema->items[i];
                struct ek_route route;

                if (other->ahead && strcmp(other->name, tagged->name) != 0 &&
                    ek_route_find(&ek_successor.chain, other, &route, NULL) == 0 && route.source &&
                    strcmp(route.source->name, source->name) == 0)
                        return true;
        }
        return false;
}

/* Whether an item that is pulled would be sent ahead, if the operator had not asked for what rules
   that out: then a transformer that is not fit for that is to be refused all the same. */
static bool might_be_ahead(const struct ekiden_item *source, const struct ek_tagged *tagged)
{
        return !ek_successor.takes_ahead && !ek_successor.is_restored && source->ahead &&
               tagged->item.ahead && !is_shared(source, tagged);
}

/* While the predecessor serves; EK_AHEAD_DECLINED: it is to be pulled. */
static int fetch_ahead(const struct ekiden_item *source, const struct ek_tagged *tagged,
                       const struct ek_route *route, struct ekiden_error *error)
{
        const struct ek_wait wait = {.idle_ms = ek_successor.pause_ms};
        const struct ek_ahead_source from = {ek_successor.link, &wait};
        int r;

        if (!ek_successor.takes_ahead || ahead_obstacle(source, tagged, route))
                return EK_AHEAD_DECLINED;
        r = ek_link_prepare(ek_successor.link, NULL);
        if (r < 0)
                return ek_link_failed(r, error);
        ek_successor.is_receiving = true;
        r = ek_ahead_fetch(&from, source, tagged, route, ek_successor.fetch.objects, error);
        ek_successor.is_receiving = false;
        return r;
}

/* Why no room is made for an item before the pause; NULL: some is, or the predecessor can say. */
static const char *room_obstacle(const struct ek_tagged *tagged)
{
        if (ek_reserve_obstacle(tagged))
                return ek_reserve_obstacle(tagged);
        return ek_successor.is_warm ? "the new version does not tag it first" : NULL;
}

/* While the predecessor serves, of what is pulled first: the program makes room. */
static int fetch_count(const struct ekiden_item *source, const struct ek_tagged *tagged,
                       struct ek_room *ret_room, struct ekiden_error *error)
{
        const struct ek_wait wait = {.idle_ms = ek_successor.pause_ms};
        const struct ek_ahead_source from = {ek_successor.link, &wait};
        int r;

        *ret_room = (struct ek_room){.obstacle = room_obstacle(tagged)};
        if (ret_room->obstacle || !ek_successor.takes_counts)
                return 0;
        r = ek_link_prepare(ek_successor.link, NULL);
        if (r < 0)
                return ek_link_failed(r, error);
        ek_successor.is_receiving = true;
        r = ek_counts_fetch(&from, source, tagged, ek_successor.fetch.objects, ret_room, error);
        ek_successor.is_receiving = false;
        return r;
}

static int pull(void *data, const struct ekiden_item *source, const struct ek_tagged *tagged,
                const struct ek_route *route, struct ekiden_error *error)
{
        const struct ek_wait wait = {.idle_ms = ek_successor.transfer_ms};
        const struct ek_ahead_source from = {ek_successor.link, &wait};
        Ekiden__Pull message = EKIDEN__PULL__INIT;
        const char *not_ahead = ek_successor.takes_ahead && source->ahead
                                        ? ahead_obstacle(source, tagged, route)
                                        : NULL;
        struct ek_room room;
        int r = fetch_ahead(source, tagged, route, error);

        (void)data;
        if (r != EK_AHEAD_DECLINED)
                return r;
        r = fetch_count(source, tagged, &room, error);
        if (r == 0)
                r = ek_successor_announce_warm(source, error);
        if (r == 0)
                r = ek_arena_hold(source, tagged, pull, NULL, error);
        if (r < 0)
                return r;
        message.item = (char *)(uintptr_t)source->name;
        message.message = (char *)(uintptr_t)source->message->descriptor->name;
        message.not_ahead = (char *)(uintptr_t)not_ahead;
        ek_room_say(&room, &message);
        r = ek_link_queue_message(ek_successor.link, EKIDEN__FRAME_KIND__PULL, &message.base,
                                  &wait);
        if (r < 0)
                return ek_link_failed(r, error);
        r = ek_successor_expect_paused(error);
        if (r < 0)
                return r;
        error->phase = EKIDEN_PHASE_TRANSFER;
        r = ek_early_reach(&from, source, error);
        if (r < 0)
                return r;
        if (tagged->last)
                tagged->last->keeps_keys = might_be_ahead(source, tagged);
        return ek_import_item(ek_successor.link, &wait, tagged, route, ek_successor.fetch.objects,
                              error);
}

int ek_successor_fetch(const struct ek_tagged *tagged, struct ekiden_error *error)
{
        int r;

        error->phase = EKIDEN_PHASE_WARM;
        ek_successor.fetch.chain = &ek_successor.chain;
        ek_successor.fetch.pull = pull;
        tagged->last->digest_kind = ek_successor.is_verified ? EK_DIGEST_LIVE : EK_DIGEST_NONE;
        r = ek_fetch_item(&ek_successor.fetch, tagged, error);
        if (r < 0)
                return ek_successor_fail(r, error);
        error->phase = EKIDEN_PHASE_NONE;
        return r;
}

const char *ek_successor_update_point(void)
{
        struct ekiden_error error = {.phase = EKIDEN_PHASE_WARM};
        int r = 0;

        if (ek_successor.state == EK_SUCCESSOR_WAITING && !ek_successor.is_receiving) {
                r = ek_successor_announce_warm(NULL, &error);
                if (r == 0)
                        r = ek_successor_expect_paused(&error);
        }
        if (r < 0)
                ek_successor_fail(r, &error);
        if (ek_successor.state != EK_SUCCESSOR_WAITING || !ek_successor.update_point[0])
                return NULL;
        return ek_successor.update_point;
}
