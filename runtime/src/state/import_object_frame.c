/* SPDX-License-Identifier: MIT */
/* A run of objects: each goes through its type's route into the struct that pointers lead to. */
#include "fields.h"
#include "state/import_private.h"
#include "state/native_state.h"
#include "wire/message.h"

static int object_sink(void *data, ProtobufCMessage *record)
{
        struct ek_import *import = data;
        const struct ek_object_type *type = import->object_type;
        void *object;
        int r = ek_resolve_descriptors(type->message, record, ek_import_claim, import);

        if (r == 0 && import->is_imaged)
                r = ek_import_add_to_image(import, type->message, type->native, record);
        if (r == 0)
                r = ek_objects_fill(&import->cursor, type->native, record, &object);
        ek_import_settle_claims(import, r < 0 ? EK_CLAIM_NAMED : EK_CLAIM_GONE);
        return r;
}

/* An object of a type that this program does not have, or has no struct for, is let go. */
static int pass_over(struct ek_import *import, const struct ekiden_message *type, uint64_t tag,
                     const uint8_t *data, size_t size)
{
        ProtobufCMessage *record;
        int r = ek_import_unpack(import, type, tag, data, size, &record);

        if (r == 0)
                ek_import_close_unclaimed(import);
        return r;
}

static bool is_object_tag(const struct ekiden_schema *from, uint64_t tag)
{
        size_t index = (size_t)(tag >> 3) - 1;

        return (tag & 7) == 2 && index < from->item_count &&
               from->items[index].kind == EKIDEN_ITEM_OBJECTS;
}

static int show_object(struct ek_import *import, uint64_t tag, const uint8_t *data, size_t size)
{
        const struct ekiden_schema *from = import->visited;

        if (!from || !is_object_tag(from, tag))
                return ek_import_malformed(import, "an object is of no known type");
        return ek_import_show(import, from->items[(tag >> 3) - 1].message, tag, data, size);
}

static int import_object(struct ek_import *import, uint64_t tag, const uint8_t *data, size_t size)
{
        const struct ekiden_schema *from = import->objects->chain->from;
        size_t index = (size_t)(tag >> 3) - 1;
        const struct ek_route *route;
        ProtobufCMessage *record;
        uint64_t identity;
        int r;

        if (!is_object_tag(from, tag))
                return ek_import_malformed(import, "an object is of no known type");
        route = &import->objects->routes[index];
        if (!route->source)
                return pass_over(import, from->items[index].message, tag, data, size);
        r = ek_import_unpack(import, route->decoded_as, tag, data, size, &record);
        if (r < 0)
                return r;
        if (!ek_record_identity(route->decoded_as, record, &identity) || (identity & 1))
                return ek_import_malformed(import, "an object has no identity of its own");
        if (import->is_snapshot && ek_objects_has(import->objects, identity)) {
                ek_import_close_unclaimed(import);
                return 0; /* it came with another item */
        }
        import->object_type = ek_objects_type_of_item(import->objects, route->target);
        r = ek_route_run(route, record, import->count.objects, &import->scratch, object_sink,
                         import, import->error);
        if (r == 0)
                ek_import_close_unclaimed(import);
        return r == 0 && !ek_objects_has(import->objects, identity)
                       ? ek_objects_drop(&import->cursor, identity)
                       : r;
}

/* A run of fields of a message whose fields are the predecessor's types. */
int ek_import_objects(struct ek_import *import, const struct ek_frame *frame)
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
                        return ek_import_malformed(import,
                                                   "an object's length goes beyond its frame");
                import->cursor.record = import->count.objects;
                if (import->visitor)
                        r = show_object(import, tag, at + n + m, (size_t)size);
                else if (import->objects)
                        r = import_object(import, tag, at + n + m, (size_t)size);
                else
                        import->count.bytes += size;
                import->count.objects++;
                at += n + m + size;
        }
        import->cursor.record = record;
        if (!import->objects && !import->visitor) {
                import->digest_kind = EK_DIGEST_NONE; /* it would be of the records alone */
                ek_import_drop_descriptors(import); /* nothing was unpacked that could name them */
                return 0;
        }
        if (import->objects)
                import->objects->is_object = false;
        return r == 0 ? ek_import_check_named(import) : r;
}
