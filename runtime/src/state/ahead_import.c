/* SPDX-License-Identifier: MIT */
/* See ahead_import.h. Nothing in a frame is believed, as in import.c. */
#include "state/ahead_import.h"

#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "scratch.h"
#include "secret.h"
#include "state/ahead_export.h"
#include "state/callback.h"
#include "state/import_private.h"
#include "state/key.h"
#include "state/native.h"
#include "state/record_key.h"
#include "wire/clock.h"
#include "wire/message.h"

struct ek_ahead_import {
        char name[EKIDEN_NAME_MAX + 1]; /* here */
        uint64_t serial;
        const struct ek_tagged *tagged; /* looked up for each portion */
        struct ek_route route;
        const ProtobufCFieldDescriptor *source_key, *key;
        struct ekiden_objects *objects; /* of which there are none */
        struct ekiden_scratch scratch;
        uint32_t round;
        bool is_begun; /* a portion has come */
        struct ek_ahead_count total, portion;
        uint64_t duration_ns;
        struct ekiden_error *error; /* of the call in hand */
        struct ekiden_key record_key; /* of the record in hand, as the predecessor has it */
        unsigned int given; /* records that came out of its transformers */
};

static bool has_lookups(const struct ek_step *step)
{
        for (size_t i = 0; step->transformer && i < step->hop->lookup_count; i++)
                if (strcmp(step->hop->lookups[i].to_item, step->to->name) == 0)
                        return true;
        return false;
}

bool ek_ahead_import_can(const struct ek_tagged *tagged, const struct ekiden_item *source,
                         const struct ek_route *route)
{
        const ProtobufCFieldDescriptor *key, *source_key;

        if (!route || ek_ahead_obstacle(tagged) || !tagged->container->remove ||
            source->kind != EKIDEN_ITEM_STREAM || ek_message_has_objects(source->message) ||
            ek_message_has_arenas(source->message))
                return false;
        for (size_t i = 0; i < route->count; i++)
                if (has_lookups(&route->steps[i]))
                        return false;
        key = ek_key_field(tagged->item.message, &tagged->item);
        source_key = ek_key_field(route->decoded_as, source);
        if (!source_key || !ek_key_is_alike(key, source_key))
                return false;
        return route->first < route->count || key->id == source_key->id;
}

static bool is_secret(const struct ek_tagged *tagged, const struct ek_route *route)
{
        bool result = ek_message_has_secrets(tagged->item.message) ||
                      ek_message_has_secrets(route->source->message);

        for (size_t i = 0; i < route->count; i++)
                result = result || ek_message_has_secrets(route->steps[i].to->message);
        return result;
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
        import->key = ek_key_field(tagged->item.message, &tagged->item);
        import->source_key = ek_key_field(route->decoded_as, route->source);
        import->objects = objects;
        ek_scratch_init(&import->scratch);
        import->scratch.is_secret = is_secret(tagged, route);
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

static int out_of_memory(const struct ek_ahead_import *import)
{
        return ekiden_error_set(import->error, EKIDEN_ENOMEM, "memory ran out while importing");
}

static unsigned long long number(const struct ek_ahead_import *import)
{
        return import->total.records + import->total.gone;
}

static int malformed(const struct ek_ahead_import *import, const char *what)
{
        return ekiden_error_set(import->error, EKIDEN_EPROTOCOL,
                                "record %llu of the stream is malformed: %s", number(import), what);
}

/* A record as its source has it. */
static int unpack(struct ek_ahead_import *import, const uint8_t *data, size_t size,
                  ProtobufCMessage **ret_record)
{
        const struct ekiden_message *type = import->route.decoded_as;
        int r;

        ek_scratch_reset(&import->scratch);
        r = ek_message_unpack(type->descriptor, &import->scratch.allocator, data, size, ret_record);
        if (r == EKIDEN_ELIMIT)
                return malformed(import, "its messages are nested over 100 deep");
        if (r == EKIDEN_ENOMEM)
                return out_of_memory(import);
        if (r < 0)
                return malformed(import, "its encoding is damaged, or text in it is not UTF-8");
        import->record_key = ek_key_of_record(import->source_key, *ret_record);
        return 0;
}

/* The entry becomes the program's, in place of the one with its key. */
static int insert(struct ek_ahead_import *import, void *entry, struct ekiden_cursor *cursor)
{
        const struct ek_tagged *tagged = import->tagged;
        const struct ek_callback callback = {tagged->name, "insert", "refused"};
        int r = tagged->container->insert(tagged->container_functions, entry, cursor, tagged->data);

        if (r >= 0)
                return 0;
        r = ek_callback_failed(&callback, cursor->record, r, import->error);
        ek_native_free(tagged->native, NULL, entry);
        return r;
}

static int check_key(const struct ek_ahead_import *import, const ProtobufCMessage *record)
{
        struct ekiden_key key = ek_key_of_record(import->key, record);

        if (import->given > 1)
                return ekiden_error_set(import->error, EKIDEN_ETRANSFORMER,
                                        "a transformer made several records of record %llu, and "
                                        "item \"%s\" is sent ahead, by its keys; remove `ahead` "
                                        "from the new version's schema",
                                        number(import), import->name);
        if (ek_key_equals(&key, &import->record_key))
                return 0;
        return ekiden_error_set(import->error, EKIDEN_ETRANSFORMER,
                                "a transformer changed the key of record %llu, and item \"%s\" is "
                                "sent ahead, by its keys; remove `ahead` from the new version's "
                                "schema",
                                number(import), import->name);
}

static int sink(void *data, ProtobufCMessage *record)
{
        struct ek_ahead_import *import = data;
        const struct ek_tagged *tagged = import->tagged;
        struct ekiden_cursor cursor = {.record = number(import),
                                       .scratch = &import->scratch,
                                       .error = import->error,
                                       .objects = import->objects};
        void *entry;
        int r;

        import->given++;
        r = check_key(import, record);
        if (r < 0)
                return r;
        entry = ek_native_new(tagged->native, record);
        if (!entry)
                return out_of_memory(import);
        r = ek_native_import(&cursor, tagged->native, tagged->item.message, record, entry);
        if (r < 0)
                ek_native_free(tagged->native, NULL, entry);
        else
                r = insert(import, entry, &cursor);
        if (r < 0)
                ek_name_key(import->error, cursor.record, &tagged->item, record);
        return r;
}

/* Nothing with this key is to be there. */
static int forget(struct ek_ahead_import *import)
{
        const struct ek_tagged *tagged = import->tagged;
        const struct ekiden_container *container = tagged->container;
        void *entry =
                container->find(tagged->container_functions, &import->record_key, tagged->data);

        if (!entry)
                return 0;
        if (!container->remove(tagged->container_functions, entry, tagged->data))
                return ekiden_error_set(import->error, EKIDEN_EREFUSED,
                                        "record %llu is gone in the predecessor, and remove() of "
                                        "item \"%s\" did not take it out",
                                        number(import), import->name);
        ek_native_free(tagged->native, NULL, entry);
        return 0;
}

/* What a transformer drops may have been there before it changed. */
static int take_record(struct ek_ahead_import *import, const uint8_t *data, size_t size)
{
        ProtobufCMessage *record;
        int r = unpack(import, data, size, &record);

        if (r < 0)
                return r;
        import->given = 0;
        r = ek_route_run(&import->route, record, number(import), &import->scratch, sink, import,
                         import->error);
        if (r == 0 && import->given == 0)
                r = forget(import);
        if (r < 0) {
                ek_name_key(import->error, number(import), import->route.source, record);
                return r;
        }
        import->portion.records++;
        import->total.records++;
        return 0;
}

static int take_gone(struct ek_ahead_import *import, const uint8_t *data, size_t size)
{
        ProtobufCMessage *record;
        int r = unpack(import, data, size, &record);

        if (r == 0)
                r = forget(import);
        if (r < 0)
                return r;
        import->portion.gone++;
        import->total.gone++;
        return 0;
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
                        return malformed(import, "its length goes beyond its batch");
                r = take(import, at + n, (size_t)size);
                if (r < 0)
                        return r;
                import->portion.bytes += size;
                import->total.bytes += size;
                at += n + size;
        }
        return 0;
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
                r = take_run(import, frame, take_record);
        else if (frame->kind == EKIDEN__FRAME_KIND__GONE)
                r = take_run(import, frame, take_gone);
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
        if (r == 0)
                r = 1;
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
        if (r < 0 && error->item[0] == '\0')
                memcpy(error->item, import->name, sizeof(error->item));
        if (r == 0)
                *ret_ns = spent_ns;
        return r;
}
