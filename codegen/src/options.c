/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <string.h>

#include "text.h"
#include "varint.h"

/* The bytes of all occurrences of a field, one after the other: protobuf merges them so. */
static bool collect_bytes(const ProtobufCMessage *options, uint32_t number, struct ek_text *bytes)
{
        for (unsigned int i = 0; i < options->n_unknown_fields; i++) {
                const ProtobufCMessageUnknownField *field = &options->unknown_fields[i];
                uint64_t length;
                size_t prefix;

                if (field->tag != number)
                        continue;
                if (field->wire_type != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED)
                        return false;
                prefix = ek_varint_decode(field->data, field->len, &length);
                if (prefix == 0 || length != field->len - prefix)
                        return false;
                ek_text_add(bytes, (const char *)field->data + prefix, (size_t)length);
        }
        return true;
}

static struct ek_option decode(struct ek_memory *arena, const ProtobufCMessage *options,
                               uint32_t number, const ProtobufCMessageDescriptor *descriptor)
{
        struct ek_option option = {.state = EK_OPTION_BROKEN};
        struct ek_text bytes;

        if (options == NULL)
                return (struct ek_option){.state = EK_OPTION_ABSENT};
        ek_text_init(&bytes, arena);
        if (!collect_bytes(options, number, &bytes))
                return option;
        if (bytes.bytes == NULL)
                return (struct ek_option){.state = EK_OPTION_ABSENT};
        option.message = protobuf_c_message_unpack(descriptor, &arena->allocator, bytes.length,
                                                   (const uint8_t *)bytes.bytes);
        if (option.message == NULL)
                return option;
        option.state = EK_OPTION_GOOD;
        if (option.message->n_unknown_fields > 0) {
                option.state = EK_OPTION_NEWER;
                option.unknown = option.message->unknown_fields[0].tag;
        }
        return option;
}

struct ek_option ek_option_program(struct ek_memory *arena,
                                   const Google__Protobuf__FileOptions *options)
{
        return decode(arena, options == NULL ? NULL : &options->base, EK_OPTION_EKIDEN_NUMBER,
                      &ekiden__program_options__descriptor);
}

struct ek_option ek_option_item(struct ek_memory *arena,
                                const Google__Protobuf__MessageOptions *options)
{
        return decode(arena, options == NULL ? NULL : &options->base, EK_OPTION_EKIDEN_NUMBER,
                      &ekiden__item_options__descriptor);
}

struct ek_option ek_option_message(struct ek_memory *arena,
                                   const Google__Protobuf__MessageOptions *options)
{
        return decode(arena, options == NULL ? NULL : &options->base, EK_OPTION_MESSAGE_NUMBER,
                      &ekiden__message_options__descriptor);
}

struct ek_option ek_option_field(struct ek_memory *arena,
                                 const Google__Protobuf__FieldOptions *options)
{
        return decode(arena, options == NULL ? NULL : &options->base, EK_OPTION_EKIDEN_NUMBER,
                      &ekiden__field_options__descriptor);
}

struct ek_option ek_option_oneof(struct ek_memory *arena,
                                 const Google__Protobuf__OneofOptions *options)
{
        return decode(arena, options == NULL ? NULL : &options->base, EK_OPTION_EKIDEN_NUMBER,
                      &ekiden__oneof_options__descriptor);
}

struct ek_option ek_option_value(struct ek_memory *arena,
                                 const Google__Protobuf__EnumValueOptions *options)
{
        return decode(arena, options == NULL ? NULL : &options->base, EK_OPTION_EKIDEN_NUMBER,
                      &ekiden__enum_value_options__descriptor);
}

bool ek_option_changes_c(const ProtobufCMessage *options)
{
        if (options == NULL)
                return false;
        for (unsigned int i = 0; i < options->n_unknown_fields; i++)
                if (options->unknown_fields[i].tag == EK_OPTION_PROTOBUF_C_NUMBER)
                        return true;
        return false;
}
