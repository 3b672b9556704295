/* SPDX-License-Identifier: MIT */
/* See records.h. */
#include "records.h"

#include <stdint.h>
#include <string.h>

#include "draw.h"
#include "record.h"

#define DEPTH_MAX 4 /* of messages that are drawn */

struct drawing {
        struct ekiden_scratch *scratch;
        bool is_sound;
};

static ProtobufCMessage *draw_message(const struct drawing *drawing,
                                      const ProtobufCMessageDescriptor *type, unsigned int depth);

static void *member(ProtobufCMessage *message, unsigned int offset)
{
        return (char *)message + offset;
}

/* Something is wrong, rarely enough that whole records are sound most of the time. */
static bool is_wrong(const struct drawing *drawing)
{
        return !drawing->is_sound && draw_one_in(60);
}

static void draw_string(const struct drawing *drawing, char **value)
{
        size_t size_max = draw_one_in(8) ? 200 : 20;

        *value = ek_scratch_alloc(drawing->scratch, size_max + 1);
        draw_text(*value, draw(size_max + 1));
        if (is_wrong(drawing))
                strcpy(*value, "gr\xfcn");
        if (is_wrong(drawing))
                *value = NULL;
}

static void draw_binary(const struct drawing *drawing, ProtobufCBinaryData *value)
{
        value->len = draw(draw_one_in(8) ? 300 : 12);
        value->data = value->len > 0 ? ek_scratch_alloc(drawing->scratch, value->len) : NULL;
        draw_bytes(value->data, value->len);
        if (is_wrong(drawing))
                value->data = NULL;
}

static void draw_value(const struct drawing *drawing, const ProtobufCFieldDescriptor *field,
                       void *value, unsigned int depth)
{
        uint64_t bits = draw_bits();

        switch (field->type) {
        case PROTOBUF_C_TYPE_STRING:
                return draw_string(drawing, value);
        case PROTOBUF_C_TYPE_BYTES:
                return draw_binary(drawing, value);
        case PROTOBUF_C_TYPE_MESSAGE:
                *(ProtobufCMessage **)value =
                        is_wrong(drawing) ? NULL
                                          : draw_message(drawing, field->descriptor, depth + 1);
                return;
        case PROTOBUF_C_TYPE_BOOL:
                *(protobuf_c_boolean *)value = draw_one_in(20) ? 77 : (int)draw(2);
                return;
        default:
                memcpy(value, &bits, ek_value_size(field->type));
                return;
        }
}

static void draw_array(const struct drawing *drawing, const ProtobufCFieldDescriptor *field,
                       ProtobufCMessage *message, unsigned int depth)
{
        size_t count = field->type == PROTOBUF_C_TYPE_MESSAGE && depth >= DEPTH_MAX ? 0
                       : draw_one_in(3)                                             ? 0
                       : draw_one_in(10)                                            ? draw(70)
                                                                                    : draw(5);
        char *array = ek_scratch_alloc(drawing->scratch, count * ek_value_size(field->type));

        if (field->type == PROTOBUF_C_TYPE_MESSAGE && count > 4)
                count = 4;
        for (size_t i = 0; i < count; i++)
                draw_value(drawing, field, array + i * ek_value_size(field->type), depth);
        *(size_t *)member(message, field->quantifier_offset) = count;
        *(void **)member(message, field->offset) = count > 0 && !is_wrong(drawing) ? array : NULL;
}

static bool has_flag(const ProtobufCFieldDescriptor *field)
{
        return field->label == PROTOBUF_C_LABEL_OPTIONAL &&
               !(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) &&
               field->type != PROTOBUF_C_TYPE_STRING && field->type != PROTOBUF_C_TYPE_MESSAGE;
}

static void draw_field(const struct drawing *drawing, const ProtobufCFieldDescriptor *field,
                       ProtobufCMessage *message, unsigned int depth)
{
        void *quantifier = member(message, field->quantifier_offset);
        bool is_required = field->label == PROTOBUF_C_LABEL_REQUIRED;

        if (field->label == PROTOBUF_C_LABEL_REPEATED)
                return draw_array(drawing, field, message, depth);
        if (!is_required && draw_one_in(3))
                return;
        if (!is_required && field->type == PROTOBUF_C_TYPE_MESSAGE && depth >= DEPTH_MAX)
                return;
        if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
                if (*(uint32_t *)quantifier != 0)
                        return;
                *(uint32_t *)quantifier = field->id;
        }
        draw_value(drawing, field, member(message, field->offset), depth);
        if (has_flag(field))
                *(protobuf_c_boolean *)quantifier = !is_wrong(drawing);
        if (!drawing->is_sound && field->type == PROTOBUF_C_TYPE_STRING && draw_one_in(30))
                *(const char **)member(message, field->offset) = field->default_value;
}

static ProtobufCMessage *draw_message(const struct drawing *drawing,
                                      const ProtobufCMessageDescriptor *type, unsigned int depth)
{
        static ProtobufCMessageUnknownField unknown = {.tag = 99, .len = 1, .data = (uint8_t *)"a"};
        ProtobufCMessage *message = ek_scratch_alloc(drawing->scratch, type->sizeof_message);
        unsigned int first = type->n_fields > 0 ? (unsigned int)draw(type->n_fields) : 0;

        protobuf_c_message_init(type, message);
        /* from any of them on, so that any field of a oneof may be the one that is set */
        for (unsigned int i = 0; i < type->n_fields; i++)
                draw_field(drawing, &type->fields[(first + i) % type->n_fields], message, depth);
        if (is_wrong(drawing)) {
                message->n_unknown_fields = 1;
                message->unknown_fields = &unknown;
        }
        if (is_wrong(drawing))
                message->descriptor = NULL;
        return message;
}

ProtobufCMessage *draw_record(const ProtobufCMessageDescriptor *type,
                              struct ekiden_scratch *scratch, bool is_sound)
{
        const struct drawing drawing = {scratch, is_sound};

        return draw_message(&drawing, type, 0);
}

/* A byte with nothing behind it but what was there: of a varint it makes a longer one. */
static void lengthen(uint8_t *bytes, size_t *size, size_t at)
{
        memmove(bytes + at + 1, bytes + at, *size - at);
        bytes[at] |= 0x80;
        bytes[at + 1] = 0;
        ++*size;
}

static void repeat(uint8_t *bytes, size_t *size, size_t at, size_t size_max)
{
        size_t from = draw(*size), length = draw(*size - from + 1);
        uint8_t copied[64];

        length = length < sizeof(copied) ? length : sizeof(copied);
        if (*size + length > size_max)
                return;
        memcpy(copied, bytes + from, length);
        memmove(bytes + at + length, bytes + at, *size - at);
        memcpy(bytes + at, copied, length);
        *size += length;
}

void damage(uint8_t *bytes, size_t *size, size_t size_max)
{
        for (size_t left = 1 + draw(3); left > 0 && *size > 0; left--) {
                size_t at = draw(*size), length = draw(*size - at) + 1;

                switch (draw(6)) {
                case 0:
                        bytes[at] ^= (uint8_t)(1 << draw(8));
                        break;
                case 1:
                        draw_bytes(bytes + at, 1);
                        break;
                case 2:
                        *size = at;
                        break;
                case 3:
                        memmove(bytes + at, bytes + at + length, *size - at - length);
                        *size -= length;
                        break;
                case 4:
                        if (*size < size_max)
                                lengthen(bytes, size, at);
                        break;
                default:
                        repeat(bytes, size, at, size_max);
                        break;
                }
        }
}
