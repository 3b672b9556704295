/* SPDX-License-Identifier: MIT */
/* See mask.h. The messages come from unpacking, which bounds their depth. */
#include "mask.h"

#include <stdint.h>
#include <string.h>

#include "fields.h"
#include "record.h"

static void *member(ProtobufCMessage *message, unsigned int offset)
{
        return (char *)message + offset;
}

/* A required field must stay: it has its default, or nothing in it. */
static void clear_required(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
        void *value = member(message, field->offset);
        size_t size = ek_value_size(field->type);

        if (field->type == PROTOBUF_C_TYPE_MESSAGE)
                ek_mask(*(ProtobufCMessage **)value, NULL);
        else if (field->type == PROTOBUF_C_TYPE_STRING)
                *(const char **)value = field->default_value ? field->default_value : "";
        else if (field->default_value)
                memcpy(value, field->default_value, size);
        else
                memset(value, 0, size);
}

static void clear(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
        void *value = member(message, field->offset);
        void *quantifier = member(message, field->quantifier_offset);

        if (field->label == PROTOBUF_C_LABEL_REQUIRED)
                clear_required(message, field);
        else if (field->label == PROTOBUF_C_LABEL_REPEATED)
                *(size_t *)quantifier = 0;
        else if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
                *(uint32_t *)quantifier =
                        *(uint32_t *)quantifier == field->id ? 0 : *(uint32_t *)quantifier;
        else if (field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE)
                *(void **)value = NULL;
        else if (field->label == PROTOBUF_C_LABEL_NONE) /* of proto3: it has no quantifier */
                memset(value, 0, ek_value_size(field->type));
        else
                *(protobuf_c_boolean *)quantifier = 0;
}

static bool is_there(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
        return !(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) ||
               *(uint32_t *)member(message, field->quantifier_offset) == field->id;
}

static bool mask_messages(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                          const ProtobufCFieldDescriptor *other)
{
        void *value = member(message, field->offset);
        bool is_repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
        size_t count = is_repeated ? *(size_t *)member(message, field->quantifier_offset) : 1;
        ProtobufCMessage **messages = is_repeated ? *(ProtobufCMessage ***)value : value;
        bool is_masked = false;

        if (!is_there(message, field))
                return false;
        for (size_t i = 0; i < count; i++)
                if (messages[i])
                        is_masked |= ek_mask(messages[i], other->descriptor);
        return is_masked;
}

bool ek_mask(ProtobufCMessage *message, const ProtobufCMessageDescriptor *other)
{
        const ProtobufCMessageDescriptor *type = message->descriptor;
        bool is_masked = false;

        if (type == other)
                return false;
        for (unsigned int i = 0; i < type->n_fields; i++) {
                const ProtobufCFieldDescriptor *field = &type->fields[i];
                const ProtobufCFieldDescriptor *found =
                        other ? ek_field_counterpart(field, other) : NULL;

                if (!found) {
                        clear(message, field);
                        is_masked = true;
                } else if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
                        is_masked |= mask_messages(message, field, found);
                }
        }
        message->n_unknown_fields = 0;
        return is_masked;
}
