/* SPDX-License-Identifier: MIT */
/* See defaults.h. The messages come from unpacking, which bounds their depth. */
#include "defaults.h"

#include <string.h>

#include "fields.h"
#include "record.h"

static void *member(ProtobufCMessage *message, unsigned int offset)
{
        return (char *)message + offset;
}

/* What an enum without a default of its own is, is its first value. */
static bool is_default(const ProtobufCFieldDescriptor *field, const void *value)
{
        static const char zeros[sizeof(ProtobufCBinaryData)];
        const ProtobufCEnumDescriptor *enumeration = field->descriptor;
        const char *text;

        if (field->type == PROTOBUF_C_TYPE_STRING) {
                text = *(const char *const *)value ? *(const char *const *)value : "";
                return strcmp(text, field->default_value ? field->default_value : "") == 0;
        }
        if (field->default_value)
                return ek_values_are_same(field->type, value, field->default_value);
        if (field->type == PROTOBUF_C_TYPE_BYTES)
                return ((const ProtobufCBinaryData *)value)->len == 0;
        if (field->type == PROTOBUF_C_TYPE_ENUM)
                return *(const int *)value == enumeration->values[0].value;
        return ek_values_are_same(field->type, value, zeros);
}

static void clear(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
        if (field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE)
                *(void **)member(message, field->offset) = NULL;
        else
                *(protobuf_c_boolean *)member(message, field->quantifier_offset) = 0;
}

static bool clear_in_elements(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
        size_t count = *(size_t *)member(message, field->quantifier_offset);
        ProtobufCMessage **elements = *(ProtobufCMessage ***)member(message, field->offset);

        for (size_t i = 0; field->type == PROTOBUF_C_TYPE_MESSAGE && i < count; i++)
                ek_clear_defaults(elements[i]);
        return count == 0;
}

/* Whether it says no more than when it were absent; what is so and optional is cleared. */
static bool clear_field(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
        void *value = member(message, field->offset);
        bool is_choice = field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
        bool is_blank;

        if (field->label == PROTOBUF_C_LABEL_REPEATED)
                return clear_in_elements(message, field);
        if (!ek_field_is_set(message, field))
                return true;
        if (field->type == PROTOBUF_C_TYPE_MESSAGE)
                is_blank = ek_clear_defaults(*(ProtobufCMessage **)value);
        else
                is_blank = is_default(field, value);
        if (is_blank && !is_choice && field->label == PROTOBUF_C_LABEL_OPTIONAL)
                clear(message, field);
        return is_blank && !is_choice;
}

bool ek_clear_defaults(ProtobufCMessage *message)
{
        const ProtobufCMessageDescriptor *type = message->descriptor;
        bool is_blank = message->n_unknown_fields == 0;

        for (unsigned int i = 0; i < type->n_fields; i++)
                is_blank &= clear_field(message, &type->fields[i]);
        return is_blank;
}
