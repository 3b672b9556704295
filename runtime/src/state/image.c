/* SPDX-License-Identifier: MIT */
/* See image.h. */
#include "state/image.h"

#include <string.h>

#include "defaults.h"
#include "fields.h"
#include "mask.h"
#include "record.h"
#include "secret.h"
#include "state/arena_fields.h"
#include "state/native.h"

static int place_descriptor(void *data, int32_t *value)
{
        (void)data;
        *value = *value < 0 ? 0 : ek_digest_of_descriptor(*value);
        return 0;
}

static void *member(ProtobufCMessage *message, unsigned int offset)
{
        return (char *)message + offset;
}

static ProtobufCMessage *copy(struct ekiden_scratch *scratch, const ProtobufCMessage *record)
{
        size_t size = protobuf_c_message_get_packed_size(record);
        uint8_t *bytes = ek_scratch_alloc(scratch, size > 0 ? size : 1);

        if (!bytes)
                return NULL;
        protobuf_c_message_pack(record, bytes);
        return protobuf_c_message_unpack(record->descriptor, &scratch->allocator, size, bytes);
}

/* Bytes in an arena, in the order of the fields. */
struct blocks {
        struct ekiden_scratch *scratch;
        uint64_t *places;
        size_t count;
};

static int count_block(void *data, const char *arena, ProtobufCBinaryData *bytes)
{
        struct blocks *blocks = data;

        (void)arena;
        (void)bytes;
        blocks->count++;
        return 0;
}

static int note_place(void *data, const char *arena, ProtobufCBinaryData *bytes)
{
        struct blocks *blocks = data;

        blocks->places[blocks->count++] = bytes->len > 0 ? ek_arena_place(arena, bytes->data) : 0;
        return 0;
}

static int add_place(void *data, const char *arena, ProtobufCBinaryData *bytes)
{
        struct blocks *blocks = data;
        uint64_t place = blocks->places[blocks->count++];
        uint8_t *placed;

        (void)arena;
        if (bytes->len == 0)
                return 0;
        placed = ek_scratch_alloc(blocks->scratch, EK_PLACE_SIZE + bytes->len);
        if (!placed)
                return EKIDEN_ENOMEM;
        memcpy(placed, &place, sizeof(place));
        memcpy(placed + EK_PLACE_SIZE, bytes->data, bytes->len);
        *bytes = (ProtobufCBinaryData){EK_PLACE_SIZE + bytes->len, placed};
        return 0;
}

/* In the copy bytes have no place any more: those of the record go ahead of them. 0 or ENOMEM. */
static int place_blocks(struct ekiden_scratch *scratch, const struct ekiden_message *type,
                        const ProtobufCMessage *record, ProtobufCMessage *message)
{
        ProtobufCMessage *original = (ProtobufCMessage *)(uintptr_t)record; /* as it was, after */
        struct blocks blocks = {.scratch = scratch};

        ek_each_in_arena(type, original, count_block, &blocks);
        if (blocks.count == 0)
                return 0;
        blocks.places = ek_scratch_alloc(scratch, blocks.count * sizeof(*blocks.places));
        if (!blocks.places)
                return EKIDEN_ENOMEM;
        blocks.count = 0;
        ek_each_in_arena(type, original, note_place, &blocks);
        blocks.count = 0;
        return ek_each_in_arena(type, message, add_place, &blocks);
}

/* A positive number is the same, whether the program had it in a signed or an unsigned integer. */
static void unify_value(Ekiden__Value *value)
{
        if (value->value_case != EKIDEN__VALUE__VALUE_NATURAL || value->natural > INT64_MAX)
                return;
        value->value_case = EKIDEN__VALUE__VALUE_INTEGER;
        value->integer = (int64_t)value->natural;
}

static bool is_blank_element(const ProtobufCFieldDescriptor *field, void *value)
{
        static const char zeros[sizeof(ProtobufCBinaryData)];

        if (field->type == PROTOBUF_C_TYPE_MESSAGE)
                return ek_clear_defaults(*(ProtobufCMessage **)value);
        if (field->type == PROTOBUF_C_TYPE_STRING)
                return **(const char *const *)value == '\0';
        return memcmp(value, zeros, ek_value_size(field->type)) == 0;
}

/* An array that always has all its values: those at the end that nobody has set are no values. */
static void trim_array(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
        size_t size = ek_value_size(field->type);
        ProtobufCBinaryData *bytes = member(message, field->offset);
        size_t *count = member(message, field->quantifier_offset);

        if (field->label != PROTOBUF_C_LABEL_REPEATED) {
                while (bytes->len > 0 && bytes->data[bytes->len - 1] == 0)
                        bytes->len--;
                return;
        }
        while (*count > 0 && is_blank_element(field, *(char **)member(message, field->offset) +
                                                             (*count - 1) * size))
                --*count;
}

static void trim(const struct ekiden_native *native, ProtobufCMessage *message);

static void trim_structs(const struct ekiden_native *native, ProtobufCMessage *message,
                         const ProtobufCFieldDescriptor *field)
{
        void *value = member(message, field->offset);
        bool is_repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
        size_t count = is_repeated ? *(size_t *)member(message, field->quantifier_offset) : 1;
        ProtobufCMessage **messages = is_repeated ? *(ProtobufCMessage ***)value : value;

        for (size_t i = 0; i < count; i++)
                if (messages[i])
                        trim(native, messages[i]);
}

static void trim(const struct ekiden_native *native, ProtobufCMessage *message)
{
        for (size_t i = 0; i < native->member_count; i++) {
                const struct ekiden_member *at = &native->members[i];
                const ProtobufCFieldDescriptor *field = &message->descriptor->fields[at->field];
                bool is_repeated = field->label == PROTOBUF_C_LABEL_REPEATED;

                if (!is_repeated && !ek_field_is_set(message, field))
                        continue;
                if (at->kind == EKIDEN_MEMBER_STRUCT)
                        trim_structs(at->target, message, field);
                if (at->room == EKIDEN_ROOM_FIXED && at->length_size == 0 &&
                    (is_repeated || at->kind == EKIDEN_MEMBER_BYTES))
                        trim_array(message, field);
        }
}

/* By its key a record is known, and named: it is never absent. */
static void set_key(ProtobufCMessage *message, unsigned int key)
{
        const ProtobufCFieldDescriptor *field =
                key > 0 ? protobuf_c_message_descriptor_get_field(message->descriptor, key) : NULL;

        if (field && field->label == PROTOBUF_C_LABEL_OPTIONAL &&
            field->type != PROTOBUF_C_TYPE_STRING && field->type != PROTOBUF_C_TYPE_MESSAGE &&
            !(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
                *(protobuf_c_boolean *)member(message, field->quantifier_offset) = 1;
}

ProtobufCMessage *ek_likeness_copy(const struct ek_likeness *likeness,
                                   struct ekiden_scratch *scratch,
                                   const struct ekiden_message *type,
                                   const ProtobufCMessage *record, bool *ret_masked)
{
        const struct ekiden_native *native = likeness->native;
        ProtobufCMessage *message = copy(scratch, record);
        bool is_masked = false;

        if (!message ||
            (likeness->places_blocks && place_blocks(scratch, type, record, message) < 0))
                return NULL;
        ek_each_descriptor(type, message, place_descriptor, NULL);
        if (likeness->is_ahead)
                ek_clear_untold(type, message);
        if (likeness->is_value)
                unify_value((Ekiden__Value *)message);
        if (likeness->mask)
                is_masked = ek_mask(message, likeness->mask);
        if (likeness->is_crossing && native && native->descriptor == message->descriptor)
                trim(native, message);
        if (likeness->is_crossing) {
                ek_clear_defaults(message);
                set_key(message, likeness->key);
        }
        if (ret_masked)
                *ret_masked = is_masked;
        return message;
}

bool ek_image_identity(const struct ekiden_native *native, const struct ekiden_message *type,
                       const ProtobufCMessage *record, uint64_t *ret_identity)
{
        return native && ek_record_identity(type, record, ret_identity) && *ret_identity != 0 &&
               !(*ret_identity & 1); /* the struct of a singleton is its own record alone */
}

void ek_image_init(struct ek_image *image, const struct ek_tagged *tagged, bool is_crossing,
                   struct ek_digest *objects)
{
        *image = (struct ek_image){
                .is_value = ek_tagged_is_value(tagged),
                .is_crossing = is_crossing,
                .is_ahead = tagged->last && tagged->last->is_ahead,
                .places_blocks = tagged->last && tagged->last->is_ahead,
                .objects = objects,
        };
        ek_scratch_init(&image->scratch);
        image->scratch.is_secret = ek_message_has_secrets(tagged->item.message);
}

void ek_image_deinit(struct ek_image *image)
{
        ek_scratch_deinit(&image->scratch);
}

void ek_image_add_entry(struct ek_image *image, uint64_t identity)
{
        ek_digest_add_packed(&image->records, EK_IMAGE_ENTRY, (const uint8_t *)&identity,
                             sizeof(identity));
}

static int add_alike(struct ek_image *image, struct ek_digest *digest, uint64_t seed,
                     const struct ek_likeness *likeness, const struct ekiden_message *type,
                     const ProtobufCMessage *record)
{
        ProtobufCMessage *message;
        uint8_t *packed;
        size_t size;

        ek_scratch_reset(&image->scratch);
        message = ek_likeness_copy(likeness, &image->scratch, type, record, NULL);
        if (!message)
                return EKIDEN_ENOMEM;
        if (seed == EK_IMAGE_OBJECT && ek_record_is_stub(type, message))
                return 0;
        size = protobuf_c_message_get_packed_size(message);
        packed = ek_scratch_alloc(&image->scratch, size > 0 ? size : 1);
        if (!packed)
                return EKIDEN_ENOMEM;
        protobuf_c_message_pack(message, packed);
        ek_digest_add_packed(digest, seed, packed, size);
        return 0;
}

static bool is_plain(struct ek_image *image, const struct ekiden_message *type)
{
        if (!image->is_ahead)
                return true;
        if (image->last_type != type) {
                image->last_type = type;
                image->is_plain = !ek_message_has_untold(type) &&
                                  !(image->places_blocks && ek_message_has_arenas(type));
        }
        return image->is_plain;
}

int ek_image_add(struct ek_image *image, const struct ekiden_message *type,
                 const struct ekiden_native *native, bool is_object, ProtobufCMessage *record)
{
        const struct ek_likeness likeness = {.is_crossing = image->is_crossing,
                                             .is_value = image->is_value,
                                             .is_ahead = image->is_ahead,
                                             .places_blocks = image->places_blocks,
                                             .native = native};
        struct ek_digest *digest = &image->records;
        uint64_t identity, seed = EK_IMAGE_RECORD;

        if (ek_image_identity(native, type, record, &identity)) {
                if (!is_object)
                        ek_image_add_entry(image, identity);
                digest = image->objects;
                seed = EK_IMAGE_OBJECT;
        }
        if (image->is_crossing || image->is_value || !is_plain(image, type))
                return add_alike(image, digest, seed, &likeness, type, record);
        if (seed == EK_IMAGE_OBJECT && ek_record_is_stub(type, record))
                return 0; /* what is in it went by, or there is nothing in it */
        return ek_digest_add(digest, EK_DIGEST_LIVE, type, seed, record);
}
