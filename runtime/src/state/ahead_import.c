/* SPDX-License-Identifier: MIT */
/* See ahead_import.h. Nothing in a frame is believed, as in import.c. */
#include "state/ahead_import.h"

#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "secret.h"
#include "state/ahead_import_private.h"
#include "state/record_key.h"
#include "wire/clock.h"
#include "wire/message.h"

static bool has_lookups(const struct ek_step *step)
{
        for (size_t i = 0; step->transformer && i < step->hop->lookup_count; i++)
                if (strcmp(step->hop->lookups[i].to_item, step->to->name) == 0)
                        return true;
        return false;
}

/* Whether the route leads from one key to the other. */
static bool keeps_key(const struct ek_tagged *tagged, const struct ekiden_item *source,
                      const struct ek_route *route)
{
        const ProtobufCFieldDescriptor *key = ek_key_field(tagged->item.message, &tagged->item),
                                       *source_key = ek_key_field(route->decoded_as, source);

        return source_key && ek_key_is_alike(key, source_key) &&
               (route->first < route->count || key->id == source_key->id);
}

const char *ek_ahead_import_obstacle(const struct ek_tagged *tagged,
                                     const struct ekiden_item *source, const struct ek_route *route)
{
        if (!tagged->item.ahead)
                return "the schema of the new version does not mark it";
        if (!tagged->container || !tagged->container->scan || !tagged->container->find ||
            !tagged->container->remove)
                return "its container in the new version has no scan(), find() and remove()";
        if (!route || ek_ahead_obstacle(tagged) || source->kind != EKIDEN_ITEM_STREAM ||
            ek_message_has_objects(source->message))
                return "its records cannot cross one by one";
        /* Transformers would look at bytes of an arena that is still to come, and make others. */
        if (route->first < route->count &&
            (ek_message_has_arenas(source->message) || ek_message_has_arenas(tagged->item.message)))
                return "a transformer changes its records, which have bytes in an arena";
        for (size_t i = 0; i < route->count; i++)
                if (has_lookups(&route->steps[i]))
                        return "its transformer looks records of other items up";
        return keeps_key(tagged, source, route) ? NULL
                                                : "its key is another one in the new version";
}

int ek_ahead_import_new(const struct ek_tagged *tagged, const struct ek_route *route,
                        struct ekiden_objects *objects, struct ek_ahead_import **ret_import)
{
        struct ek_ahead_import *import = calloc(1, sizeof(*import));

        if (!import)
                return EKIDEN_ENOMEM;
        memcpy(import->name, tagged->name, sizeof(import->name));
        import->serial = tagged->serial;
        import->route = *route;
        import->kept = ek_kept_key_ahead(tagged, route);
        import->objects = objects;
        import->has_arenas = ek_message_has_arenas(route->decoded_as);
        ek_scratch_init(&import->scratch);
        import->scratch.is_secret = ek_route_has_secrets(tagged, route);
        *ret_import = import;
        return 0;
}

struct ek_ahead_import *ek_ahead_import_free(struct ek_ahead_import *import)
{
        if (!import)
                return NULL;
        ek_scratch_deinit(&import->scratch);
        free(import);
        return NULL;
}

const char *ek_ahead_import_name(const struct ek_ahead_import *import)
{
        return import->route.source->name;
}

uint32_t ek_ahead_import_round(const struct ek_ahead_import *import)
{
        return import->round;
}

static int take_run(struct ek_ahead_import *import, const struct ek_frame *frame,
                    int (*take)(struct ek_ahead_import *import, const uint8_t *data, size_t size))
{
        const uint8_t *at = frame->payload;
        const uint8_t *end = at + frame->size;

        while (at < end) {
                uint64_t size;
                size_t n = ek_varint_read(at, (size_t)(end - at), &size);
                int r;

                if (n == 0 || size > (uint64_t)(end - at) - n)
                        return ek_ahead_record_malformed(import,
                                                         "its length goes beyond its batch");
                r = take(import, at + n, (size_t)size);
                if (r < 0)
                        return r;
                import->portion.bytes += size;
                import->total.bytes += size;
                at += n + size;
        }
        return ek_ahead_record_flush(import);
}

static int refuse_count(const struct ek_ahead_import *import, const struct ek_ahead_count *count)
{
        return ekiden_error_set(
                import->error, EKIDEN_EPROTOCOL,
                "%llu records, %llu keys without one, and %llu bytes arrived ahead, "
                "and not the number that was sent",
                (unsigned long long)count->records, (unsigned long long)count->gone,
                (unsigned long long)count->bytes);
}

static int check_pass(struct ek_ahead_import *import, const struct ek_frame *frame)
{
        const struct ek_ahead_count *count = &import->portion;
        ProtobufCMessage *unpacked;
        const Ekiden__Pass *pass;
        int r = ek_frame_message(frame, &ekiden__pass__descriptor, &unpacked);

        if (r < 0)
                return ek_link_failed(r, import->error);
        pass = (const Ekiden__Pass *)unpacked;
        if (strcmp(pass->item, ek_ahead_import_name(import)) != 0 || pass->round != import->round)
                r = ek_link_failed(EKIDEN_EPROTOCOL, import->error);
        else if (pass->records != count->records || pass->gone != count->gone ||
                 pass->bytes != count->bytes)
                r = refuse_count(import, count);
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return r;
}

/* What crossed in all, for whoever asks what the item was like. */
static void note_figures(const struct ek_ahead_import *import)
{
        *import->tagged->last = (struct ek_figures){
                .is_known = true,
                .is_ahead = true,
                .digest_kind = import->tagged->last->digest_kind,
                .records = import->total.records,
                .bytes = import->total.bytes,
                .taken = import->total.records,
                .transformed = import->scratch.transformed,
                .duration_ns = import->duration_ns,
        };
}

static int check_end(struct ek_ahead_import *import, const struct ek_frame *frame)
{
        const struct ek_ahead_count *count = &import->total;
        ProtobufCMessage *unpacked;
        const Ekiden__End *end;
        int r = ek_frame_message(frame, &ekiden__end__descriptor, &unpacked);

        if (r < 0)
                return ek_link_failed(r, import->error);
        end = (const Ekiden__End *)unpacked;
        if (end->records != count->records || end->gone != count->gone ||
            end->bytes != count->bytes || end->descriptors > 0 || end->objects > 0)
                r = refuse_count(import, count);
        protobuf_c_message_free_unpacked(unpacked, NULL);
        if (r == 0 && import->tagged->last)
                note_figures(import);
        return r;
}

static int look_up(struct ek_ahead_import *import, struct ekiden_error *error)
{
        import->error = error;
        import->tagged = ek_tagged_find(import->name);
        if (import->tagged && import->tagged->serial == import->serial)
                return 0;
        return ekiden_error_set(error, EKIDEN_EREFUSED,
                                "item \"%s\" was untagged in the new version before all of it had "
                                "come; untag what is sent ahead after the first update point",
                                import->name);
}

/* 1 to go on, 0 at the end of the portion, or an error. */
static int take_frame(struct ek_ahead_import *import, const struct ek_frame *frame, bool is_last)
{
        uint16_t last = is_last ? EKIDEN__FRAME_KIND__END : EKIDEN__FRAME_KIND__PASS;
        int r;

        if (frame->kind == last)
                return is_last ? check_end(import, frame) : check_pass(import, frame);
        if (frame->kind == EKIDEN__FRAME_KIND__BATCH)
                r = take_run(import, frame, ek_ahead_record_take);
        else if (frame->kind == EKIDEN__FRAME_KIND__GONE)
                r = take_run(import, frame, ek_ahead_record_forget);
        else
                r = ek_link_failed(EKIDEN_EPROTOCOL, import->error);
        return r < 0 ? r : 1;
}

int ek_ahead_import_portion(struct ek_ahead_import *import, struct ek_link *link,
                            const struct ek_wait *wait, bool is_last, uint64_t *ret_ns,
                            struct ekiden_error *error)
{
        uint64_t spent_ns = 0;
        int r = look_up(import, error);

        if (import->scratch.is_secret)
                ek_link_keep_secret(link);
        import->round += import->is_begun;
        import->is_begun = true;
        import->portion = (struct ek_ahead_count){0};
        if (r == 0) {
                ek_ahead_record_begin(import);
                r = 1;
        }
        while (r == 1) {
                struct ek_frame frame;
                uint64_t began_ns;

                r = ek_receive(link, wait, &frame, error);
                if (r < 0)
                        break;
                began_ns = ek_now_ns();
                r = take_frame(import, &frame, is_last);
                spent_ns += ek_now_ns() - began_ns;
        }
        import->duration_ns += spent_ns;
        if (r < 0 && import->tagged)
                ek_ahead_record_drop(import);
        if (r < 0 && error->item[0] == '\0')
                memcpy(error->item, import->name, sizeof(error->item));
        if (r == 0)
                *ret_ns = spent_ns;
        return r;
}
