/* SPDX-License-Identifier: MIT */
/* See record_key.h. */
#include "state/record_key.h"

#include <string.h>

#include "record.h"
#include "state/native.h"

enum nature { NUMBER, TEXT, BYTES, NONE };

static enum nature nature_of(const ProtobufCFieldDescriptor *field)
{
        switch (field->type) {
        case PROTOBUF_C_TYPE_STRING:
                return TEXT;
        case PROTOBUF_C_TYPE_BYTES:
                return BYTES;
        case PROTOBUF_C_TYPE_ENUM: /* which has other values in C */
        case PROTOBUF_C_TYPE_MESSAGE:
        case PROTOBUF_C_TYPE_FLOAT:
        case PROTOBUF_C_TYPE_DOUBLE:
                return NONE;
        default:
                return NUMBER;
        }
}

const ProtobufCFieldDescriptor *ek_key_field(const struct ekiden_message *type,
                                             const struct ekiden_item *item)
{
        const ProtobufCFieldDescriptor *field =
                item->key == 0
                        ? NULL
                        : protobuf_c_message_descriptor_get_field(type->descriptor, item->key);

        if (!field || field->label == PROTOBUF_C_LABEL_REPEATED ||
            (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) || nature_of(field) == NONE)
                return NULL;
        return field;
}

bool ek_key_is_alike(const ProtobufCFieldDescriptor *a, const ProtobufCFieldDescriptor *b)
{
        return nature_of(a) == nature_of(b);
}

struct ekiden_key ek_key_of_record(const ProtobufCFieldDescriptor *field,
                                   const ProtobufCMessage *record)
{
        const void *value = (const char *)record + field->offset;
        const ProtobufCBinaryData *bytes = value;
        const char *text;

        switch (nature_of(field)) {
        case TEXT:
                text = *(const char *const *)value;
                text = text ? text : "";
                return (struct ekiden_key){.data = (const uint8_t *)text, .size = strlen(text)};
        case BYTES:
                return (struct ekiden_key){.data = bytes->data, .size = bytes->len};
        default:
                return (struct ekiden_key){.number =
                                                   ek_number_of_field(field->type, value).natural};
        }
}

void ek_key_to_record(const ProtobufCFieldDescriptor *field, const struct ekiden_key *key,
                      ProtobufCMessage *record)
{
        void *value = (char *)record + field->offset;
        enum nature nature = nature_of(field);

        if (nature == TEXT)
                *(char **)value = (char *)(uintptr_t)key->data;
        else if (nature == BYTES)
                *(ProtobufCBinaryData *)value =
                        (ProtobufCBinaryData){key->size, (uint8_t *)(uintptr_t)key->data};
        else if (ek_value_size(field->type) == sizeof(uint64_t))
                *(uint64_t *)value = key->number;
        else
                *(uint32_t *)value = (uint32_t)key->number;
        if (nature != TEXT && field->label == PROTOBUF_C_LABEL_OPTIONAL)
                *(protobuf_c_boolean *)((char *)record + field->quantifier_offset) = 1;
}

bool ek_key_equals(const struct ekiden_key *a, const struct ekiden_key *b)
{
        return a->number == b->number && a->size == b->size &&
               (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}
