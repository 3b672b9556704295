/* SPDX-License-Identifier: MIT */
/* See early_successor.h. */
#include "handover/early_successor.h"

#include <string.h>
#include <unistd.h>

#include "fields.h"
#include "handover/early.h"
#include "secret.h"
#include "state/arena_fields.h"
#include "state/arena_held.h"

struct soon {
        char item[EKIDEN_NAME_MAX + 1];
        const char *message;
};

static struct {
        char tagged[EK_EARLY_TAGGED_MAX]
                   [EKIDEN_NAME_MAX + 1]; /* by the predecessor, in its order */
        size_t tagged_count;
        struct soon soon[EK_EARLY_MAX]; /* that WARM named */
        size_t count, at; /* of those; the one whose answer comes next */
} early;

void ek_early_end(void)
{
        early.tagged_count = early.count = early.at = 0;
}

void ek_early_note_offer(const Ekiden__Offer *offer)
{
        ek_early_end();
        for (size_t i = 0; i < offer->n_tagged && early.tagged_count < EK_EARLY_TAGGED_MAX; i++)
                if (strlen(offer->tagged[i]) <= EKIDEN_NAME_MAX)
                        strcpy(early.tagged[early.tagged_count++], offer->tagged[i]);
}

static bool is_named(const char *item)
{
        for (size_t i = 0; i < early.count; i++)
                if (strcmp(early.soon[i].item, item) == 0)
                        return true;
        return false;
}

static bool is_offered(const char *item)
{
        for (size_t i = 0; i < early.tagged_count; i++)
                if (strcmp(early.tagged[i], item) == 0)
                        return true;
        return false;
}

static void name(const char *item, const struct ekiden_message *message)
{
        struct soon *soon = &early.soon[early.count];

        if (early.count == EK_EARLY_MAX || is_named(item))
                return;
        strcpy(soon->item, item);
        soon->message = message->descriptor->name;
        early.count++;
}

/* It is pulled ahead of the first item that has bytes in it. */
static int name_arena(void *data, const char *arena)
{
        (void)data;
        if (is_offered(arena) && !ek_arena_tagged(arena) && !ek_arena_held(arena))
                name(arena, &ek_value_message);
        return 0;
}

static void name_item(const struct ekiden_item *source)
{
        ek_each_arena(source->message, name_arena, NULL);
        name(source->name, source->message);
}

/* Then items are pulled for the sake of others. */
static bool has_lookups(const struct ek_chain *chain)
{
        for (size_t i = 0; i < chain->count; i++)
                if (chain->hops[i]->lookup_count > 0)
                        return true;
        return false;
}

/* What this version does with an item of the predecessor. */
enum use {
        UNUSED, /* it has no place for it, or has it already */
        PULLED, /* it will pull it */
        UNCLEAR, /* it will pull it more than once, or it is large */
};

static enum use use_of(const struct ek_chain *chain, const struct ekiden_item *source)
{
        const struct ekiden_schema *schema = chain->to;
        enum use use = UNUSED;

        for (size_t i = 0; i < schema->item_count; i++) {
                const struct ekiden_item *item = &schema->items[i];
                struct ek_route route;

                if (ek_tagged_find(item->name) || ek_route_find(chain, item, &route, NULL) < 0 ||
                    !route.source || strcmp(route.source->name, source->name) != 0)
                        continue;
                if (use == PULLED || item->ahead)
                        return UNCLEAR;
                use = PULLED;
        }
        return use;
}

/* Items that the predecessor tagged behind the first one. */
static void name_those_behind(const struct ek_chain *chain, const char *first)
{
        size_t i = 0;

        while (i < early.tagged_count && strcmp(early.tagged[i], first) != 0)
                i++;
        for (i++; i < early.tagged_count && early.count < EK_EARLY_MAX; i++) {
                const struct ekiden_item *source = ekiden_schema_item(chain->from, early.tagged[i]);
                enum use use = UNUSED;

                if (source)
                        use = use_of(chain, source);
                else if (!ek_tagged_find(early.tagged[i])) /* a plain value, of no schema */
                        name(early.tagged[i], &ek_value_message);
                if (use == UNCLEAR)
                        return;
                if (use == PULLED)
                        name_item(source);
        }
}

static bool has_secrets(const struct ekiden_schema *schema)
{
        for (size_t i = 0; i < schema->item_count; i++)
                if (ek_message_has_secrets(schema->items[i].message))
                        return true;
        return false;
}

/* A mark in any version on the way is one. */
static bool may_have_secrets(const struct ek_chain *chain)
{
        bool may = has_secrets(chain->from) || has_secrets(chain->to);

        for (size_t i = 0; i < chain->count && !may; i++)
                may = has_secrets(chain->hops[i]->to);
        return may;
}

int ek_early_foretell(const struct ek_ahead_source *from, const struct ek_chain *chain,
                      const struct ekiden_item *first, struct ekiden_error *error)
{
        Ekiden__Warm warm = EKIDEN__WARM__INIT;
        Ekiden__Pull pulls[EK_EARLY_MAX], *pointers[EK_EARLY_MAX];
        int r;

        if (first && is_offered(first->name) && !has_lookups(chain)) {
                name_item(first);
                if (use_of(chain, first) == UNUSED) /* by others than the item in hand */
                        name_those_behind(chain, first->name);
        }
        /* Answers lie in the link beside one another, whose item ever is in hand. */
        if (early.count > 0 && may_have_secrets(chain))
                ek_link_keep_secret(from->link);
        for (size_t i = 0; i < early.count; i++) {
                ekiden__pull__init(&pulls[i]);
                pulls[i].item = early.soon[i].item;
                pulls[i].message = (char *)(uintptr_t)early.soon[i].message;
                pointers[i] = &pulls[i];
        }
        warm.soon = pointers;
        warm.n_soon = early.count;
        r = ek_link_queue_message(from->link, EKIDEN__FRAME_KIND__WARM, &warm.base, from->wait);
        return r < 0 ? ek_link_failed(r, error) : 0;
}

static int drop_descriptors(const struct ek_ahead_source *from, const struct ek_frame *frame,
                            struct ekiden_error *error)
{
        int descriptors[EK_DESCRIPTORS_MAX];
        int count = ek_link_take_descriptors(from->link, frame, descriptors);
        int r = count;

        for (int i = 0; i < count; i++)
                close(descriptors[i]);
        if (r >= 0)
                r = ek_link_queue(from->link, EKIDEN__FRAME_KIND__RECEIVED, NULL, 0, from->wait);
        return r < 0 ? ek_link_failed(r, error) : 0;
}

/* Whether ITEM or DECLINED is of this item; the name is the first field of both. */
static int check_name(const struct ek_frame *frame, const char *item)
{
        bool is_declined = frame->kind == EKIDEN__FRAME_KIND__DECLINED;
        ProtobufCMessage *unpacked;
        int r = ek_frame_message(
                frame, is_declined ? &ekiden__declined__descriptor : &ekiden__item__descriptor,
                &unpacked);

        if (r < 0)
                return r;
        if (strcmp(is_declined ? ((Ekiden__Declined *)unpacked)->item
                               : ((Ekiden__Item *)unpacked)->item,
                   item) != 0)
                r = EKIDEN_EPROTOCOL;
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return r;
}

/* The first frame of the next answer: 0, or an error. DECLINED: there is none, nor one behind it.
 */
static int receive_first(const struct ek_ahead_source *from, struct ek_frame *ret_frame,
                         struct ekiden_error *error)
{
        const char *item = early.soon[early.at++].item;
        int r = ek_receive(from->link, from->wait, ret_frame, error);
        bool is_declined = r == 0 && ret_frame->kind == EKIDEN__FRAME_KIND__DECLINED;

        if (r < 0)
                return r;
        r = is_declined || ret_frame->kind == EKIDEN__FRAME_KIND__ITEM ? check_name(ret_frame, item)
                                                                       : EKIDEN_EPROTOCOL;
        if (r < 0)
                return ek_link_failed(r, error);
        if (is_declined)
                early.at = early.count;
        ek_link_read_on(from->link, early.at < early.count);
        return 0;
}

/* An answer that nobody asked for after all. */
static int drop(const struct ek_ahead_source *from, struct ekiden_error *error)
{
        struct ek_frame frame;
        int r = receive_first(from, &frame, error);

        if (r == 0 && frame.kind == EKIDEN__FRAME_KIND__DECLINED)
                return 0;
        while (r == 0) {
                r = ek_receive(from->link, from->wait, &frame, error);
                if (r == 0 && frame.kind == EKIDEN__FRAME_KIND__DESCRIPTORS)
                        r = drop_descriptors(from, &frame, error);
                else if (r == 0 && frame.kind == EKIDEN__FRAME_KIND__END)
                        break;
                else if (r == 0 && frame.kind != EKIDEN__FRAME_KIND__BATCH)
                        r = ek_link_failed(EKIDEN_EPROTOCOL, error);
        }
        return r;
}

/* Which of the answers is to this PULL; early.count: none. */
static size_t answer_to(const struct ekiden_item *item)
{
        size_t i = early.at;

        while (item && i < early.count &&
               (strcmp(early.soon[i].item, item->name) != 0 ||
                strcmp(early.soon[i].message, item->message->descriptor->name) != 0))
                i++;
        return item ? i : early.count;
}

int ek_early_reach(const struct ek_ahead_source *from, const struct ekiden_item *item,
                   struct ekiden_error *error)
{
        size_t wanted = answer_to(item);
        struct ek_frame frame;
        int r = 0;

        if (early.at == early.count)
                return 0;
        /* Whatever becomes of it, the predecessor knows what was asked for. */
        r = ek_link_flush(from->link, from->wait);
        if (r < 0 && r != EKIDEN_EPEER)
                return ek_link_failed(r, error);
        r = 0; /* one that has closed may have said why, behind its answers */
        while (r == 0 && early.at < wanted && early.at < early.count)
                r = drop(from, error);
        if (r < 0 || early.at == early.count)
                return r;
        r = receive_first(from, &frame, error);
        if (r == 0 && frame.kind == EKIDEN__FRAME_KIND__ITEM)
                ek_link_unreceive(from->link, &frame);
        return r;
}
