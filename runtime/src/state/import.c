/* SPDX-License-Identifier: MIT */
/*
 * The successor's side of an item: batches are taken apart into records, each goes through the
 * route and into the program before the next is looked at. Nothing in a batch is believed.
 */
#include <string.h>

#include "codec.h"
#include "fields.h"
#include "secret.h"
#include "state/arena_fields.h"
#include "state/callback.h"
#include "state/fast.h"
#include "state/import_private.h"
#include "state/key.h"
#include "state/native_state.h"
#include "state/reserve.h"
#include "wire/clock.h"
#include "wire/message.h"

int ek_import_malformed(struct ek_import *import, const char *what)
{
        bool is_object = import->objects && import->objects->is_object;

        return ekiden_error_set(
                import->error, EKIDEN_EPROTOCOL, "%s %llu of the stream is malformed: %s",
                is_object ? "object" : "record",
                (unsigned long long)(is_object ? import->count.objects : import->count.records),
                what);
}

int ek_import_add_to_image(struct ek_import *import, const struct ekiden_message *type,
                           const struct ekiden_native *native, ProtobufCMessage *record)
{
        bool is_object = import->objects && import->objects->is_object;
        int r = ek_image_add(&import->image, type, native, is_object, record);

        return r < 0 ? ekiden_error_set(import->error, r, "memory ran out while importing") : 0;
}

static int give_record(struct ek_import *import, ProtobufCMessage *record)
{
        const struct ek_tagged *tagged = import->tagged;
        const struct ek_callback callback = {tagged->name, "import_record", "refused"};
        int r = ek_resolve_descriptors(tagged->item.message, record, ek_import_claim, import);

        if (r == 0 && import->is_imaged)
                r = ek_import_add_to_image(import, tagged->item.message, tagged->native, record);
        if (r < 0)
                return r;
        r = tagged->binding->import_record(tagged->functions, record, &import->cursor,
                                           tagged->data);
        return r < 0 ? ek_callback_failed(&callback, import->cursor.record, r, import->error) : 0;
}

static int sink(void *data, ProtobufCMessage *record)
{
        struct ek_import *import = data;
        int r;

        if (import->tagged->item.kind == EKIDEN_ITEM_SINGLETON && import->cursor.record > 0)
                return ekiden_error_set(import->error, EKIDEN_ETYPE,
                                        "more than one record came for a singleton");
        r = ek_kept_key_check(&import->kept, import->tagged->name, import->count.records, record,
                              import->error);
        if (r == 0)
                r = give_record(import, record);
        ek_import_settle_claims(import, r < 0 ? EK_CLAIM_NAMED : EK_CLAIM_GONE);
        if (r == 0)
                import->cursor.record++;
        else
                ek_name_key(import->error, import->cursor.record, &import->tagged->item, record);
        return r;
}

static bool may_have_arenas(struct ek_import *import, const struct ekiden_message *type)
{
        if (import->arena_type != type) {
                import->arena_type = type;
                import->has_arenas = ek_message_has_arenas(type);
        }
        return import->has_arenas;
}

/* Of a record as it came; one without descriptors need not be packed again. Those of a snapshot
   lead nowhere: what counts is that there were any. */
static int add_to_digest(struct ek_import *import, const struct ekiden_message *type, uint64_t tag,
                         const uint8_t *data, size_t size, ProtobufCMessage *record)
{
        int r = 0;

        if (import->digest_kind == EK_DIGEST_SNAPSHOT)
                r = ek_digest_add_numbered(&import->digest, type, tag, record);
        else if (import->mine_count == 0 && !may_have_arenas(import, type))
                ek_digest_add_packed(&import->digest, tag, data, size);
        else
                r = ek_digest_add(&import->digest, import->digest_kind, type, tag, record);
        return r < 0 ? ekiden_error_set(import->error, r, "memory ran out while importing") : 0;
}

/* A record as its source has it, its descriptors resolved. Its bytes may lie in the frame. */
int ek_import_unpack(struct ek_import *import, const struct ekiden_message *type, uint64_t tag,
                     const uint8_t *data, size_t size, ProtobufCMessage **ret_record)
{
        int r;

        ek_scratch_reset(&import->scratch);
        r = ek_codec_unpack(type, &import->scratch, data, size, ret_record);
        if (r == 0)
                r = ek_message_unpack(type->descriptor, &import->scratch.allocator, data, size,
                                      ret_record);
        if (r == EKIDEN_ELIMIT)
                return ek_import_malformed(import, "its messages are nested over 100 deep");
        if (r == EKIDEN_ENOMEM)
                return ekiden_error_set(import->error, r, "memory ran out while importing");
        if (r < 0)
                return ek_import_malformed(import,
                                           "its encoding is damaged, or text in it is not UTF-8");
        r = 0;
        if (import->objects)
                import->objects->received = ek_link_received(import->link);
        import->count.bytes += size;
        if (import->digest_kind == EK_DIGEST_SNAPSHOT)
                r = add_to_digest(import, type, tag, data, size, *ret_record);
        if (r == 0)
                r = ek_resolve_descriptors(type, *ret_record, ek_import_resolve, import);
        if (r == 0 && !import->is_snapshot && may_have_arenas(import, type))
                r = ek_arena_fields_locate(type, *ret_record, import->count.records,
                                           import->visitor ? EK_ARENA_SHOWN : EK_ARENA_TAKEN,
                                           import->error);
        if (r == 0 && import->digest_kind == EK_DIGEST_LIVE)
                r = add_to_digest(import, type, tag, data, size, *ret_record);
        return r;
}

/* A record for messages, of which nothing has come but its identity, as it is another item's. */
static int refuse_stub(struct ek_import *import, const struct ekiden_message *type,
                       const ProtobufCMessage *record)
{
        struct ekiden_objects *objects = import->cursor.objects;
        uint64_t identity;

        if (!objects || !ek_record_identity(type, record, &identity) ||
            !ek_record_is_stub(type, record) || !ek_objects_has(objects, identity))
                return 0;
        return ekiden_error_set(import->error, EKIDEN_EREFUSED,
                                "record %llu has crossed already, with another item, and this one "
                                "is not bound to a struct; bind both, or none of them",
                                (unsigned long long)import->count.records);
}

static int import_record(struct ek_import *import, const uint8_t *data, size_t size)
{
        const struct ekiden_item *source =
                import->route ? import->route->source : &import->tagged->item;
        const struct ekiden_message *type =
                import->route ? import->route->decoded_as : import->tagged->item.message;
        ProtobufCMessage *record;
        int r;

        if (import->visitor)
                return ek_import_show(import, type, 0, data, size);
        r = ek_import_unpack(import, type, 0, data, size, &record);
        if (r < 0)
                return r;
        if (import->tagged->native) {
                uint64_t before = import->cursor.record, identity;

                r = ek_native_take_stub(import->tagged, type, record, &import->cursor);
                if (r > 0 && import->is_imaged && import->cursor.record > before &&
                    ek_record_identity(type, record, &identity))
                        ek_image_add_entry(&import->image, identity);
                if (r != 0) {
                        import->count.records++;
                        ek_import_close_unclaimed(import);
                        return r < 0 ? r : 0;
                }
        } else {
                r = refuse_stub(import, type, record);
                if (r < 0)
                        return r;
        }
        ek_kept_key_note(&import->kept, record);
        if (import->route)
                r = ek_route_run(import->route, record, import->count.records, &import->scratch,
                                 sink, import, import->error);
        else
                r = sink(import, record);
        if (r == 0)
                ek_import_close_unclaimed(import);
        else
                ek_name_key(import->error, import->count.records, source, record);
        import->count.records++;
        return r;
}

static int import_batch(struct ek_import *import, const struct ek_frame *frame)
{
        const uint8_t *at = frame->payload;
        const uint8_t *end = at + frame->size;
        int r;

        ek_reserve_more(import);
        while (at < end) {
                uint64_t size;
                size_t n = ek_varint_read(at, (size_t)(end - at), &size);

                if (n == 0 || size > (uint64_t)(end - at) - n) {
                        r = ek_fast_import_flush(import);
                        return r < 0 ? r
                                     : ek_import_malformed(import,
                                                           "its length goes beyond its batch");
                }
                r = import->is_fast ? ek_fast_import(import, at + n, (size_t)size) : 0;
                if (r == 0)
                        r = import_record(import, at + n, (size_t)size);
                if (r < 0)
                        return r;
                at += n + size;
        }
        return ek_import_check_named(import);
}

static int check_digest(struct ek_import *import, const Ekiden__Digest *message)
{
        struct ek_digest sent = ek_digest_of_message(message);

        if (ek_digest_equals(&sent, &import->digest))
                return 0;
        return ekiden_error_set(import->error, EKIDEN_EPROTOCOL,
                                "the digest of what arrived is not that of what was sent");
}

static int check_end(struct ek_import *import, const struct ek_frame *frame)
{
        ProtobufCMessage *unpacked;
        const Ekiden__End *end;
        int r = ek_frame_message(frame, &ekiden__end__descriptor, &unpacked);

        if (r < 0)
                return ek_link_failed(r, import->error);
        end = (const Ekiden__End *)unpacked;
        if (end->records != import->count.records || end->objects != import->count.objects ||
            end->bytes != import->count.bytes || end->descriptors != import->count.descriptors ||
            import->descriptor_count > 0 || ek_link_untaken(import->link) > 0)
                r = ekiden_error_set(import->error, EKIDEN_EPROTOCOL,
                                     "%llu records, %llu objects, %llu bytes and %llu descriptors "
                                     "arrived, and not the number that was sent",
                                     (unsigned long long)import->count.records,
                                     (unsigned long long)import->count.objects,
                                     (unsigned long long)import->count.bytes,
                                     (unsigned long long)import->count.descriptors);
        if (r == 0 && end->digest && import->digest_kind != EK_DIGEST_NONE)
                r = check_digest(import, end->digest);
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return r;
}

/* ITEM must answer the PULL by name, and by kind where no transformer changes it. */
static int check_item(struct ek_import *import, const struct ek_frame *frame)
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
        import->is_snapshot = item->message != NULL;
        if (r == 0 && item->has_count && import->tagged->native && !import->visitor)
                import->announced = item->count;
        ek_reserve_begin(import);
        if (import->cursor.objects)
                import->cursor.objects->are_repeated = import->is_snapshot;
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return r;
}

/* Frames until END: 0 or an error. */
static int import_frames(struct ek_import *import)
{
        for (;;) {
                struct ek_frame frame;
                int r = ek_receive(import->link, import->wait, &frame, import->error);

                if (r == 0 && frame.kind != EKIDEN__FRAME_KIND__BATCH)
                        r = ek_fast_import_flush(import);
                if (r < 0)
                        return r;
                switch (frame.kind) {
                case EKIDEN__FRAME_KIND__DESCRIPTORS:
                        r = ek_import_descriptors(import, &frame);
                        break;
                case EKIDEN__FRAME_KIND__BATCH:
                        r = import_batch(import, &frame);
                        break;
                case EKIDEN__FRAME_KIND__OBJECTS:
                        r = ek_import_objects(import, &frame);
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

int ek_import_answer(struct ek_import *import)
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
        import->taken = import->cursor.record;
        if (r == 0 && import->tagged->native)
                r = ek_native_finish(import->tagged, &import->cursor);
        if (r < 0)
                return r;
        /* A transformer may drop a singleton: then it is as if it had never been tagged. */
        if (import->tagged->item.kind == EKIDEN_ITEM_SINGLETON && import->cursor.record == 0 &&
            !import->visitor)
                return EKIDEN_FRESH;
        return EKIDEN_RESUMED;
}

/* For whoever asks what the item was like. */
static void note_figures(const struct ek_import *import, uint64_t began_ns)
{
        struct ek_figures *last = import->tagged->last;

        if (!last)
                return;
        *last = (struct ek_figures){
                .is_known = true,
                .records = import->count.records,
                .objects = import->count.objects,
                .bytes = import->count.bytes,
                .descriptors = import->count.descriptors,
                .taken = import->taken,
                .transformed = import->scratch.transformed,
                .duration_ns = ek_now_ns() - began_ns,
                .digest_kind = import->digest_kind,
                .digest = import->digest,
                .given = import->image.records,
        };
}

/* A mark in any version on the way is one. */
bool ek_route_has_secrets(const struct ek_tagged *tagged, const struct ek_route *route)
{
        if (ek_message_has_secrets(tagged->item.message))
                return true;
        if (!route || !route->source)
                return false;
        for (size_t i = 0; i < route->count; i++)
                if (ek_message_has_secrets(route->steps[i].to->message))
                        return true;
        return ek_message_has_secrets(route->source->message);
}

bool ek_lets_objects_go(const struct ek_tagged *tagged, const struct ek_route *route)
{
        return !tagged->native && route && route->source &&
               ek_message_has_objects(route->source->message);
}

int ek_import_item(struct ek_link *link, const struct ek_wait *wait, const struct ek_tagged *tagged,
                   const struct ek_route *route, struct ekiden_objects *objects,
                   struct ekiden_error *error)
{
        struct ek_import import = {
                .link = link,
                .wait = wait,
                .tagged = tagged,
                .route = route,
                .objects = tagged->native ? objects : NULL,
                .error = error,
                .digest_kind = tagged->last ? tagged->last->digest_kind : EK_DIGEST_NONE,
        };
        uint64_t began_ns = ek_now_ns();
        int r;

        if (tagged->last && tagged->last->keeps_keys)
                import.kept = ek_kept_key_in_pause(tagged, route);
        ek_scratch_init(&import.scratch);
        import.scratch.is_secret = ek_route_has_secrets(tagged, route);
        import.is_imaged = import.digest_kind == EK_DIGEST_LIVE;
        ek_image_init(&import.image, tagged, route && route->count > 0,
                      import.objects ? &import.objects->given : NULL);
        if (import.scratch.is_secret)
                ek_link_keep_secret(link);
        import.scratch.duplicate = ek_import_duplicate;
        import.scratch.owner = &import;
        import.cursor.scratch = &import.scratch;
        import.cursor.error = error;
        import.cursor.objects = objects;
        if (objects) {
                objects->item = tagged->name;
                objects->are_let_go |= ek_lets_objects_go(tagged, route);
        }
        ek_fast_import_begin(&import);
        r = ek_import_answer(&import);
        if (r == EKIDEN_RESUMED)
                note_figures(&import, began_ns);
        ek_fast_import_drop(&import);
        if (r < 0 && tagged->native)
                ek_native_undo(tagged, objects);
        ek_import_drop_descriptors(&import);
        ek_image_deinit(&import.image);
        ek_scratch_deinit(&import.scratch);
        if (r < 0 && error && error->item[0] == '\0')
                memcpy(error->item, tagged->name, sizeof(error->item));
        return r;
}
