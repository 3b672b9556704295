/* SPDX-License-Identifier: MIT */
/* See codec_field.h. What stands here are habits of protoc-c, which codecs are tested against. */
#include "codec_field.h"

#include "names.h"
#include "text.h"

#define TYPE(name) GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_##name

static enum ek_codec_wire wire_of(const struct ek_field *field)
{
        switch ((int)field->proto->type) {
        case TYPE(FIXED32):
        case TYPE(SFIXED32):
        case TYPE(FLOAT):
                return EK_CODEC_FIXED32;
        case TYPE(FIXED64):
        case TYPE(SFIXED64):
        case TYPE(DOUBLE):
                return EK_CODEC_FIXED64;
        case TYPE(STRING):
                return EK_CODEC_TEXT;
        case TYPE(BYTES):
                return EK_CODEC_BYTES;
        case TYPE(MESSAGE):
                return EK_CODEC_MESSAGE;
        default:
                return EK_CODEC_VARINT;
        }
}

static enum ek_codec_presence presence_of(const struct ek_message *message,
                                          const struct ek_field *field)
{
        if (field->repeated)
                return EK_CODEC_COUNT;
        if (field->oneof != NULL)
                return EK_CODEC_CASE;
        if (field->required)
                return EK_CODEC_ALWAYS;
        if (field->message != NULL)
                return EK_CODEC_POINTER;
        if (message->file->proto3)
                return EK_CODEC_IMPLICIT;
        return wire_of(field) == EK_CODEC_TEXT ? EK_CODEC_POINTER : EK_CODEC_FLAG;
}

static unsigned int wire_type(const struct ek_codec_field *field)
{
        if (field->packed)
                return 2;
        switch (field->wire) {
        case EK_CODEC_VARINT:
                return 0;
        case EK_CODEC_FIXED32:
                return 5;
        case EK_CODEC_FIXED64:
                return 1;
        default:
                return 2;
        }
}

/* proto3 packs numbers unless it is told not to; versions of protoc-c differ in whether they do. */
static void find_packing(const struct ek_message *message, struct ek_codec_field *field)
{
        const Google__Protobuf__FieldOptions *options = field->field->proto->options;

        if (field->presence != EK_CODEC_COUNT || field->wire > EK_CODEC_FIXED64)
                return;
        field->packed = message->file->proto3;
        field->maybe_packed = field->packed;
        if (options != NULL && options->has_packed) {
                field->packed = options->packed;
                field->maybe_packed = false;
        }
}

static void add_tag(struct ek_memory *arena, struct ek_codec_field *field)
{
        uint32_t tag = field->field->number << 3 | wire_type(field);
        unsigned int size = 1;

        for (uint32_t rest = tag >> 7; rest > 0; rest >>= 7)
                size++;
        field->tag = ek_memory_printf(arena, "0x%02x", tag);
        field->tag_size = ek_memory_printf(arena, "%u", size);
}

static void add_oneof(struct ek_memory *arena, const struct ek_message *message,
                      struct ek_codec_field *field)
{
        const char *oneof = field->field->oneof;

        field->oneof = ek_memory_printf(arena, "%s_case", ek_name_lower(arena, oneof));
        field->chosen = ek_memory_printf(
                arena, "%s__%s_%s", ek_name_upper(arena, message->full_name),
                ek_name_upper(arena, oneof), ek_name_upper(arena, field->field->name));
}

struct ek_codec_field ek_codec_field(struct ek_memory *arena, const struct ek_message *message,
                                     size_t index)
{
        const struct ek_field *proto = message->sorted[index];
        struct ek_codec_field field = {
                .field = proto,
                .presence = presence_of(message, proto),
                .wire = wire_of(proto),
                .index = index,
                .member = ek_name_member(arena, proto->name),
        };

        find_packing(message, &field);
        add_tag(arena, &field);
        if (field.presence == EK_CODEC_CASE)
                add_oneof(arena, message, &field);
        if (field.wire == EK_CODEC_TEXT && message->file->proto3)
                field.absent = "protobuf_c_empty_string";
        else if (field.wire == EK_CODEC_TEXT && proto->proto->default_value != NULL)
                field.absent = ek_memory_printf(
                        arena, "%s__default_value",
                        ek_name_lower(arena, ek_memory_printf(arena, "%s.%s", message->full_name,
                                                              proto->name)));
        return field;
}

/* A number's type in C, and what a value goes through on its way out and in. */
struct conversion {
        const char *type, *to_wire, *from_wire;
};

static const struct conversion conversions[] = {
        [TYPE(INT32)] = {"int32_t", "ekiden_extend(%s)", "(int32_t)%s"},
        [TYPE(SINT32)] = {"int32_t", "ekiden_zigzag32(%s)", "ekiden_unzigzag32((uint32_t)%s)"},
        [TYPE(SFIXED32)] = {"int32_t", "(uint32_t)%s", "(int32_t)%s"},
        [TYPE(UINT32)] = {"uint32_t", "%s", "(uint32_t)%s"},
        [TYPE(FIXED32)] = {"uint32_t", "%s", "%s"},
        [TYPE(INT64)] = {"int64_t", "(uint64_t)%s", "(int64_t)%s"},
        [TYPE(SINT64)] = {"int64_t", "ekiden_zigzag64(%s)", "ekiden_unzigzag64(%s)"},
        [TYPE(SFIXED64)] = {"int64_t", "(uint64_t)%s", "(int64_t)%s"},
        [TYPE(UINT64)] = {"uint64_t", "%s", "%s"},
        [TYPE(FIXED64)] = {"uint64_t", "%s", "%s"},
        [TYPE(BOOL)] = {"protobuf_c_boolean", "%s != 0", "%s != 0"},
        [TYPE(FLOAT)] = {"float", "ekiden_bits_of_float(%s)", "ekiden_float_of_bits(%s)"},
        [TYPE(DOUBLE)] = {"double", "ekiden_bits_of_double(%s)", "ekiden_double_of_bits(%s)"},
        [TYPE(ENUM)] = {"", "ekiden_extend((int32_t)%s)", "(int32_t)%s"},
        [TYPE(STRING)] = {"char *", "", ""},
        [TYPE(BYTES)] = {"ProtobufCBinaryData", "", ""},
        [TYPE(MESSAGE)] = {"", "", ""},
};

const char *ek_codec_type(struct ek_memory *arena, const struct ek_field *field)
{
        if (field->message != NULL)
                return ek_memory_printf(arena, "%s *", field->message->type_name);
        if (field->enumeration != NULL)
                return ek_name_type(arena, field->enumeration->full_name);
        return conversions[field->proto->type].type;
}

/* The template, with the value in the place of its "%s". */
static const char *fill(struct ek_memory *arena, const char *template, const char *value)
{
        struct ek_text text;

        ek_text_init(&text, arena);
        ek_text_add_string(&text, "");
        for (; *template != '\0'; template ++) {
                if (template[0] == '%') {
                        ek_text_add_string(&text, value);
                        template ++;
                } else {
                        ek_text_add(&text, template, 1);
                }
        }
        return text.bytes;
}

const char *ek_codec_to_wire(struct ek_memory *arena, const struct ek_codec_field *field,
                             const char *value)
{
        return fill(arena, conversions[field->field->proto->type].to_wire, value);
}

const char *ek_codec_from_wire(struct ek_memory *arena, const struct ek_codec_field *field,
                               const char *number)
{
        const char *value = fill(arena, conversions[field->field->proto->type].from_wire, number);

        if (field->field->enumeration == NULL)
                return value;
        return ek_memory_printf(arena, "(%s)%s", ek_codec_type(arena, field->field), value);
}

bool ek_codec_is_bool(const struct ek_codec_field *field)
{
        return field->field->proto->type == TYPE(BOOL);
}

bool ek_codec_is_floating(const struct ek_codec_field *field)
{
        return field->field->proto->type == TYPE(FLOAT) ||
               field->field->proto->type == TYPE(DOUBLE);
}
