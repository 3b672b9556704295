/* SPDX-License-Identifier: MIT */
/* See record.h. */
#include "record.h"

#include <stddef.h>
#include <string.h>

#include "utf8.h"

struct check {
        bool is_filled;
        char *field; /* where its name goes */
};

static const char *check_message(const struct check *check, const ProtobufCMessage *message,
                                 unsigned int depth);

static const void *member(const ProtobufCMessage *message, unsigned int offset)
{
        return (const char *)message + offset;
}

size_t ek_value_size(ProtobufCType type)
{
        switch (type) {
        case PROTOBUF_C_TYPE_INT64:
        case PROTOBUF_C_TYPE_SINT64:
        case PROTOBUF_C_TYPE_SFIXED64:
        case PROTOBUF_C_TYPE_UINT64:
        case PROTOBUF_C_TYPE_FIXED64:
        case PROTOBUF_C_TYPE_DOUBLE:
                return 8;
        case PROTOBUF_C_TYPE_BOOL:
                return sizeof(protobuf_c_boolean);
        case PROTOBUF_C_TYPE_STRING:
                return sizeof(char *);
        case PROTOBUF_C_TYPE_BYTES:
                return sizeof(ProtobufCBinaryData);
        case PROTOBUF_C_TYPE_MESSAGE:
                return sizeof(ProtobufCMessage *);
        default:
                return 4;
        }
}

static bool has_own_flag(const ProtobufCFieldDescriptor *field)
{
        return field->label == PROTOBUF_C_LABEL_OPTIONAL &&
               !(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) &&
               field->type != PROTOBUF_C_TYPE_STRING && field->type != PROTOBUF_C_TYPE_MESSAGE;
}

#define SCRATCH_SIZE 4096 /* a message larger than this is not looked at so closely */

/* An enum's own default is its first value, which protobuf-c tells nobody but the message's init.
 */
static bool is_enum_default(const ProtobufCMessageDescriptor *type,
                            const ProtobufCFieldDescriptor *field, const void *value)
{
        max_align_t scratch[SCRATCH_SIZE / sizeof(max_align_t)];

        if (type->sizeof_message > sizeof(scratch))
                return true;
        protobuf_c_message_init(type, scratch);
        return memcmp((const char *)scratch + field->offset, value, ek_value_size(field->type)) ==
               0;
}

/* Whether an absent field holds a value all the same. A descriptor that is none is -1. */
static bool holds_value(const ProtobufCMessageDescriptor *type,
                        const ProtobufCFieldDescriptor *field, const void *value)
{
        static const char zeros[sizeof(ProtobufCBinaryData)];
        const int32_t none = -1;
        size_t size = ek_value_size(field->type);

        if (field->type == PROTOBUF_C_TYPE_BYTES)
                return !field->default_value && ((const ProtobufCBinaryData *)value)->len > 0;
        if (field->type == PROTOBUF_C_TYPE_INT32 && memcmp(value, &none, size) == 0)
                return false;
        if (memcmp(value, field->default_value ? field->default_value : zeros, size) == 0)
                return false;
        return field->type != PROTOBUF_C_TYPE_ENUM || field->default_value ||
               !is_enum_default(type, field, value);
}

static bool is_text(const char *text)
{
        size_t left = strlen(text);

        while (left > 0) {
                size_t length = ek_utf8_character((const uint8_t *)text, left);

                if (length == 0)
                        return false;
                text += length;
                left -= length;
        }
        return true;
}

/* One value that is present. `may_be_null`: an optional string or message that is absent. */
static const char *check_value(const struct check *check, const ProtobufCFieldDescriptor *field,
                               const void *value, bool may_be_null, unsigned int depth)
{
        const char *text;
        const ProtobufCMessage *message;

        switch (field->type) {
        case PROTOBUF_C_TYPE_STRING:
                text = *(const char *const *)value;
                if (!text)
                        return may_be_null ? NULL : "is NULL";
                return is_text(text) ? NULL : "is not UTF-8; use bytes for what may be anything";
        case PROTOBUF_C_TYPE_MESSAGE:
                message = *(const ProtobufCMessage *const *)value;
                if (!message)
                        return may_be_null ? NULL : "is NULL";
                if (message->descriptor != field->descriptor)
                        return "is a message that is not initialised, or of another type";
                return check_message(check, message, depth + 1);
        case PROTOBUF_C_TYPE_BYTES:
                if (((const ProtobufCBinaryData *)value)->len > 0 &&
                    !((const ProtobufCBinaryData *)value)->data)
                        return "has a length, and its data is NULL";
                return NULL;
        default:
                return NULL;
        }
}

static const char *check_repeated(const struct check *check, const ProtobufCFieldDescriptor *field,
                                  const ProtobufCMessage *message, unsigned int depth)
{
        size_t count = *(const size_t *)member(message, field->quantifier_offset);
        const char *elements = *(const char *const *)member(message, field->offset);

        if (count > 0 && !elements)
                return "has elements, and its array is NULL";
        for (size_t i = 0; i < count; i++) {
                const char *wrong = check_value(
                        check, field, elements + i * ek_value_size(field->type), false, depth);

                if (wrong)
                        return wrong;
        }
        return NULL;
}

static const char *check_field(const struct check *check, const ProtobufCFieldDescriptor *field,
                               const ProtobufCMessage *message, unsigned int depth)
{
        const void *value = member(message, field->offset);
        const void *quantifier = member(message, field->quantifier_offset);

        if (field->label == PROTOBUF_C_LABEL_REPEATED)
                return check_repeated(check, field, message, depth);
        if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) &&
            *(const uint32_t *)quantifier != field->id)
                return NULL;
        if (has_own_flag(field) && !*(const protobuf_c_boolean *)quantifier)
                return check->is_filled && holds_value(message->descriptor, field, value)
                               ? "has a value, and its has_ flag is not set"
                               : NULL;
        return check_value(check, field, value,
                           field->label != PROTOBUF_C_LABEL_REQUIRED &&
                                   !(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF),
                           depth);
}

static const char *check_message(const struct check *check, const ProtobufCMessage *message,
                                 unsigned int depth)
{
        const ProtobufCMessageDescriptor *descriptor = message->descriptor;

        if (depth > EK_MESSAGE_DEPTH_MAX)
                return "is nested over 100 deep; make a stream of it";
        for (unsigned int i = 0; i < descriptor->n_fields; i++) {
                const char *wrong = check_field(check, &descriptor->fields[i], message, depth);

                if (!wrong)
                        continue;
                if (!check->field[0])
                        ek_utf8_copy(check->field, EKIDEN_NAME_MAX + 1, descriptor->fields[i].name);
                return wrong;
        }
        return NULL;
}

const char *ek_record_check(const ProtobufCMessage *record, bool is_filled,
                            char ret_field[EKIDEN_NAME_MAX + 1])
{
        const struct check check = {is_filled, ret_field};

        ret_field[0] = '\0';
        return check_message(&check, record, 0);
}
