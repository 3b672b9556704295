/* SPDX-License-Identifier: MIT */
/*
 * The successor's side of an item: batches are taken apart into records, each goes through the
 * route and into the program before the next is looked at. Nothing in a batch is believed.
 *
 * A descriptor that arrived belongs to the library until a record that names it was taken by the
 * program; what nobody claims is closed.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "fields.h"
#include "state/native_state.h"
#include "state/transfer.h"
#include "wire/message.h"

enum claim {
        UNNAMED = 0, /* it came with the batch */
        NAMED, /* by the record in hand, or by one before it */
        CLAIMED, /* it is in the record that the program is being given */
        GONE, /* the program has it, or it was closed */
};

struct import {
        struct ek_link *link;
        const struct ek_wait *wait;
        const struct ek_tagged *tagged;
        const struct ek_route *route;
        struct ekiden_objects *objects; /* NULL: the item is not bound to structs */
        const struct ek_object_type *object_type; /* of the object in hand */
        struct ekiden_error *error;
        struct ekiden_arena arena;
        struct ekiden_cursor cursor;
        struct ek_count count; /* bytes and descriptors count objects, too */
        uint64_t object_count;
        /* Of the batch in hand: */
        int *descriptors;
        enum claim *claims; /* as many */
        size_t descriptor_count;
        /* Of the record in hand: indices of those that it names. */
        size_t *mine;
        size_t mine_count;
};

static int malformed(struct import *import, const char *what)
{
        return ekiden_error_set(import->error, EKIDEN_EPROTOCOL,
                                "record %llu of the stream is malformed: %s",
                                (unsigned long long)import->count.records, what);
}

static int out_of_memory(struct import *import)
{
        return ekiden_error_set(import->error, EKIDEN_ENOMEM, "memory ran out while importing");
}

/* What nobody claimed is closed. */
static void drop_descriptors(struct import *import)
{
        for (size_t i = 0; i < import->descriptor_count; i++)
                if (import->claims[i] != GONE)
                        close(import->descriptors[i]);
        free(import->descriptors);
        free(import->claims);
        free(import->mine);
        import->descriptors = NULL;
        import->claims = NULL;
        import->mine = NULL;
        import->descriptor_count = 0;
        import->mine_count = 0;
}

static int make_room(struct import *import, size_t count)
{
        void *grown;

        if (import->descriptor_count >= EK_BATCH_DESCRIPTORS_MAX)
                return ekiden_error_set(import->error, EKIDEN_ELIMIT,
                                        "more than %d descriptors came for one batch",
                                        EK_BATCH_DESCRIPTORS_MAX);
        grown = realloc(import->descriptors, count * sizeof(*import->descriptors));
        if (!grown)
                return out_of_memory(import);
        import->descriptors = grown;
        grown = realloc(import->claims, count * sizeof(*import->claims));
        if (!grown)
                return out_of_memory(import);
        import->claims = grown;
        grown = realloc(import->mine, count * sizeof(*import->mine));
        if (!grown)
                return out_of_memory(import);
        import->mine = grown;
        return 0;
}

static int take_descriptors(struct import *import, const struct ek_frame *frame)
{
        int received[EK_DESCRIPTORS_MAX];
        int count, r;

        r = make_room(import, import->descriptor_count + EK_DESCRIPTORS_MAX);
        if (r < 0)
                return r;
        count = ek_link_take_descriptors(import->link, frame, received);
        if (count < 0)
                return ekiden_error_set(import->error, count,
                                        "the number of descriptors that arrived is not the number "
                                        "that was announced; is the limit on open files "
                                        "(RLIMIT_NOFILE) high enough?");
        for (int i = 0; i < count; i++) {
                import->descriptors[import->descriptor_count] = received[i];
                import->claims[import->descriptor_count] = UNNAMED;
                import->descriptor_count++;
        }
        import->count.descriptors += (uint64_t)count;
        r = ek_link_queue(import->link, EKIDEN__FRAME_KIND__RECEIVED, NULL, 0, import->wait);
        return r < 0 ? ek_link_failed(r, import->error) : 0;
}

/* A number on the wire becomes the descriptor; each may be named once. */
static int resolve(void *data, int32_t *value)
{
        struct import *import = data;
        size_t number = (size_t)(uint32_t)*value;

        if (*value == 0) {
                *value = -1;
                return 0;
        }
        if (*value < 0 || number > import->descriptor_count ||
            import->claims[number - 1] != UNNAMED)
                return malformed(import, "it names a descriptor that did not come with it");
        import->claims[number - 1] = NAMED;
        import->mine[import->mine_count++] = number - 1;
        *value = import->descriptors[number - 1];
        return 0;
}

/* A transformer wants one more of a descriptor: as if it had come with the record. */
static int duplicate(void *data, int descriptor, int *ret_descriptor)
{
        struct import *import = data;
        int r = make_room(import, import->descriptor_count + 1);
        int copy = r < 0 ? -1 : fcntl(descriptor, F_DUPFD_CLOEXEC, 0);

        if (r < 0)
                return r;
        if (copy < 0)
                return EKIDEN_ESYSTEM;
        import->descriptors[import->descriptor_count] = copy;
        import->claims[import->descriptor_count] = NAMED;
        import->mine[import->mine_count++] = import->descriptor_count++;
        *ret_descriptor = copy;
        return 0;
}

static int claim(void *data, int32_t *value)
{
        struct import *import = data;

        if (*value < 0)
                return 0;
        for (size_t i = 0; i < import->mine_count; i++) {
                size_t index = import->mine[i];

                if (import->descriptors[index] == *value && import->claims[index] == NAMED) {
                        import->claims[index] = CLAIMED;
                        return 0;
                }
        }
        return ekiden_error_set(import->error, EKIDEN_ETRANSFORMER,
                                "record %llu came out of the transformers with descriptor %d, "
                                "which is not one that it had, or had once; pass descriptors on as "
                                "they are, each once",
                                (unsigned long long)import->cursor.record, *value);
}

/* What the record in hand has claimed becomes the program's, or is the library's again. */
static void settle_claims(struct import *import, enum claim settled)
{
        for (size_t i = 0; i < import->mine_count; i++)
                if (import->claims[import->mine[i]] == CLAIMED)
                        import->claims[import->mine[i]] = settled;
}

static int give_record(struct import *import, ProtobufCMessage *record)
{
        const struct ek_tagged *tagged = import->tagged;
        int r = ek_resolve_descriptors(tagged->item.message, record, claim, import);

        if (r < 0)
                return r;
        r = tagged->binding->import_record(tagged->functions, record, &import->cursor,
                                           tagged->data);
        if (r < 0)
                return ekiden_error_set(import->error, r, "the program refused record %llu: %s",
                                        (unsigned long long)import->cursor.record,
                                        ekiden_error_text(r));
        return 0;
}

static int sink(void *data, ProtobufCMessage *record)
{
        struct import *import = data;
        int r;

        if (import->tagged->item.kind == EKIDEN_ITEM_SINGLETON && import->cursor.record > 0)
                return ekiden_error_set(import->error, EKIDEN_ETYPE,
                                        "more than one record came for a singleton");
        r = give_record(import, record);
        settle_claims(import, r < 0 ? NAMED : GONE);
        if (r == 0)
                import->cursor.record++;
        return r;
}

static void close_unclaimed(struct import *import)
{
        for (size_t i = 0; i < import->mine_count; i++) {
                size_t index = import->mine[i];

                if (import->claims[index] != GONE)
                        close(import->descriptors[index]);
                import->claims[index] = GONE;
        }
        import->mine_count = 0;
}

/* A record as its source has it, its descriptors resolved. */
static int unpack(struct import *import, const struct ekiden_message *type, const uint8_t *data,
                  size_t size, ProtobufCMessage **ret_record)
{
        int r;

        ek_arena_reset(&import->arena);
        r = ek_message_unpack(type->descriptor, &import->arena.allocator, data, size, ret_record);
        if (r == EKIDEN_ELIMIT)
                return malformed(import, "its messages are nested over 100 deep");
        if (r < 0)
                return malformed(import, "its encoding is damaged, or text in it is not UTF-8");
        if (import->objects)
                import->objects->received += size;
        import->count.bytes += size;
        return ek_resolve_descriptors(type, *ret_record, resolve, import);
}

static int import_record(struct import *import, const uint8_t *data, size_t size)
{
        const struct ekiden_message *type =
                import->route ? import->route->decoded_as : import->tagged->item.message;
        ProtobufCMessage *record;
        int r = unpack(import, type, data, size, &record);

        if (r < 0)
                return r;
        if (import->tagged->native) {
                r = ek_native_take_stub(import->tagged, type, record, &import->cursor);
                if (r != 0) {
                        import->count.records++;
                        return r < 0 ? r : 0;
                }
        }
        if (import->route)
                r = ek_route_run(import->route, record, import->count.records, &import->arena, sink,
                                 import, import->error);
        else
                r = sink(import, record);
        if (r == 0)
                close_unclaimed(import);
        import->count.records++;
        return r;
}

static int check_named(struct import *import)
{
        for (size_t i = 0; i < import->descriptor_count; i++)
                if (import->claims[i] == UNNAMED)
                        return malformed(import, "a descriptor came that no record names");
        drop_descriptors(import);
        return 0;
}

static int import_batch(struct import *import, const struct ek_frame *frame)
{
        const uint8_t *at = frame->payload;
        const uint8_t *end = at + frame->size;

        while (at < end) {
                uint64_t size;
                size_t n = ek_varint_read(at, (size_t)(end - at), &size);
                int r;

                if (n == 0 || size > (uint64_t)(end - at) - n)
                        return malformed(import, "its length goes beyond its batch");
                r = import_record(import, at + n, (size_t)size);
                if (r < 0)
                        return r;
                at += n + size;
        }
        return check_named(import);
}

static int object_sink(void *data, ProtobufCMessage *record)
{
        struct import *import = data;
        const struct ek_object_type *type = import->object_type;
        void *object;
        int r = ek_resolve_descriptors(type->message, record, claim, import);

        if (r == 0)
                r = ek_objects_fill(&import->cursor, type->native, record, &object);
        settle_claims(import, r < 0 ? NAMED : GONE);
        return r;
}

/* An object of a type that this program does not have, or has no struct for, is let go. */
static int pass_over(struct import *import, const struct ekiden_message *type, const uint8_t *data,
                     size_t size)
{
        ProtobufCMessage *record;
        int r = unpack(import, type, data, size, &record);

        if (r == 0)
                close_unclaimed(import);
        return r;
}

static int import_object(struct import *import, uint64_t tag, const uint8_t *data, size_t size)
{
        const struct ekiden_schema *from = import->objects->chain->from;
        size_t index = (size_t)(tag >> 3) - 1;
        const struct ek_route *route;
        ProtobufCMessage *record;
        uint64_t identity;
        int r;

        if ((tag & 7) != 2 || index >= from->item_count ||
            from->items[index].kind != EKIDEN_ITEM_OBJECTS)
                return malformed(import, "an object is of no known type");
        route = &import->objects->routes[index];
        if (!route->source)
                return pass_over(import, from->items[index].message, data, size);
        r = unpack(import, route->decoded_as, data, size, &record);
        if (r < 0)
                return r;
        if (!ek_record_identity(route->decoded_as, record, &identity) || (identity & 1))
                return malformed(import, "an object has no identity of its own");
        import->object_type = ek_objects_type_of_item(import->objects, route->target);
        r = ek_route_run(route, record, import->object_count, &import->arena, object_sink, import,
                         import->error);
        if (r == 0)
                close_unclaimed(import);
        return r == 0 && !ek_objects_has(import->objects, identity)
                       ? ek_objects_drop(&import->cursor, identity)
                       : r;
}

/* A run of fields of a message whose fields are the predecessor's types. */
static int import_objects(struct import *import, const struct ek_frame *frame)
{
        const uint8_t *at = frame->payload;
        const uint8_t *end = at + frame->size;
        uint64_t record = import->cursor.record;
        int r = 0;

        if (import->objects)
                import->objects->is_object = true;
        while (r == 0 && at < end) {
                uint64_t tag, size;
                size_t n = ek_varint_read(at, (size_t)(end - at), &tag);
                size_t m = n > 0 ? ek_varint_read(at + n, (size_t)(end - at) - n, &size) : 0;

                if (m == 0 || tag >> 3 == 0 || size > (uint64_t)(end - at) - n - m)
                        return malformed(import, "an object's length goes beyond its frame");
                import->cursor.record = import->object_count;
                if (import->objects)
                        r = import_object(import, tag, at + n + m, (size_t)size);
                else
                        import->count.bytes += size;
                import->object_count++;
                at += n + m + size;
        }
        import->cursor.record = record;
        if (!import->objects) {
                drop_descriptors(import); /* nothing was unpacked that could name them */
                return 0;
        }
        import->objects->is_object = false;
        return r == 0 ? check_named(import) : r;
}

static int check_end(struct import *import, const struct ek_frame *frame)
{
        ProtobufCMessage *unpacked;
        const Ekiden__End *end;
        int r = ek_frame_message(frame, &ekiden__end__descriptor, &unpacked);

        if (r < 0)
                return ek_link_failed(r, import->error);
        end = (const Ekiden__End *)unpacked;
        if (end->records != import->count.records || end->objects != import->object_count ||
            end->bytes != import->count.bytes || end->descriptors != import->count.descriptors ||
            import->descriptor_count > 0 || ek_link_untaken(import->link) > 0)
                r = ekiden_error_set(import->error, EKIDEN_EPROTOCOL,
                                     "%llu records, %llu objects, %llu bytes and %llu descriptors "
                                     "arrived, and not the number that was sent",
                                     (unsigned long long)import->count.records,
                                     (unsigned long long)import->object_count,
                                     (unsigned long long)import->count.bytes,
                                     (unsigned long long)import->count.descriptors);
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return r;
}

/* ITEM must answer the PULL by name, and by kind where no transformer changes it. */
static int check_item(struct import *import, const struct ek_frame *frame)
{
        const struct ekiden_item *source =
                import->route ? import->route->source : &import->tagged->item;
        ProtobufCMessage *unpacked;
        const Ekiden__Item *item;
        int r = ek_frame_message(frame, &ekiden__item__descriptor, &unpacked);

        if (r < 0)
                return ek_link_failed(r, import->error);
        item = (const Ekiden__Item *)unpacked;
        if (strcmp(item->item, source->name) != 0 ||
            item->stream != (source->kind == EKIDEN_ITEM_STREAM))
                r = ek_link_failed(EKIDEN_EPROTOCOL, import->error);
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return r;
}

/* Frames until END: 0 or an error. */
static int import_frames(struct import *import)
{
        for (;;) {
                struct ek_frame frame;
                int r = ek_receive(import->link, import->wait, &frame, import->error);

                if (r < 0)
                        return r;
                switch (frame.kind) {
                case EKIDEN__FRAME_KIND__DESCRIPTORS:
                        r = take_descriptors(import, &frame);
                        break;
                case EKIDEN__FRAME_KIND__BATCH:
                        r = import_batch(import, &frame);
                        break;
                case EKIDEN__FRAME_KIND__OBJECTS:
                        r = import_objects(import, &frame);
                        break;
                case EKIDEN__FRAME_KIND__END:
                        return check_end(import, &frame);
                default:
                        r = ek_link_failed(EKIDEN_EPROTOCOL, import->error);
                        break;
                }
                if (r < 0)
                        return r;
        }
}

static int import_answer(struct import *import)
{
        struct ek_frame frame;
        int r = ek_receive(import->link, import->wait, &frame, import->error);

        if (r < 0)
                return r;
        if (frame.kind == EKIDEN__FRAME_KIND__ABSENT)
                return EKIDEN_FRESH;
        if (frame.kind != EKIDEN__FRAME_KIND__ITEM)
                return ek_link_failed(EKIDEN_EPROTOCOL, import->error);
        r = check_item(import, &frame);
        if (r == 0)
                r = import_frames(import);
        if (r == 0 && import->tagged->native)
                r = ek_native_finish(import->tagged, &import->cursor);
        if (r < 0)
                return r;
        /* A transformer may drop a singleton: then it is as if it had never been tagged. */
        if (import->tagged->item.kind == EKIDEN_ITEM_SINGLETON && import->cursor.record == 0)
                return EKIDEN_FRESH;
        return EKIDEN_RESUMED;
}

int ek_import_item(struct ek_link *link, const struct ek_wait *wait, const struct ek_tagged *tagged,
                   const struct ek_route *route, struct ekiden_objects *objects,
                   struct ekiden_error *error)
{
        struct import import = {
                .link = link,
                .wait = wait,
                .tagged = tagged,
                .route = route,
                .objects = tagged->native ? objects : NULL,
                .error = error,
        };
        int r;

        ek_arena_init(&import.arena);
        import.arena.duplicate = duplicate;
        import.arena.owner = &import;
        import.cursor.arena = &import.arena;
        import.cursor.error = error;
        import.cursor.objects = objects;
        if (objects)
                objects->item = tagged->name;
        r = import_answer(&import);
        if (r < 0 && tagged->native)
                ek_native_undo(tagged, objects);
        drop_descriptors(&import);
        ek_arena_deinit(&import.arena);
        if (r < 0 && error && error->item[0] == '\0')
                memcpy(error->item, tagged->name, sizeof(error->item));
        return r;
}
