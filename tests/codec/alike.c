/* SPDX-License-Identifier: MIT */
/* See alike.h. A walk by the descriptor, which codecs do not look at. */
#include "alike.h"

#include <stdint.h>
#include <string.h>

#include "record.h"

static const void *member(const ProtobufCMessage *message, unsigned int offset)
{
        return (const char *)message + offset;
}

static bool are_bytes_alike(const ProtobufCBinaryData *one, const ProtobufCBinaryData *other)
{
        return one->len == other->len && (one->data == NULL) == (other->data == NULL) &&
               (one->len == 0 || memcmp(one->data, other->data, one->len) == 0);
}

/* A default is there by its address. */
static bool are_texts_alike(const ProtobufCFieldDescriptor *field, const char *one,
                            const char *other)
{
        if (!one || !other)
                return one == other;
        return (one == field->default_value) == (other == field->default_value) &&
               strcmp(one, other) == 0;
}

static bool are_values_alike(const ProtobufCFieldDescriptor *field, const void *one,
                             const void *other)
{
        const ProtobufCMessage *left, *right;

        switch (field->type) {
        case PROTOBUF_C_TYPE_STRING:
                return are_texts_alike(field, *(const char *const *)one,
                                       *(const char *const *)other);
        case PROTOBUF_C_TYPE_BYTES:
                return are_bytes_alike(one, other);
        case PROTOBUF_C_TYPE_MESSAGE:
                left = *(const ProtobufCMessage *const *)one;
                right = *(const ProtobufCMessage *const *)other;
                return left && right ? alike(left, right) : left == right;
        default:
                return memcmp(one, other, ek_value_size(field->type)) == 0;
        }
}

static bool are_arrays_alike(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *one,
                             const ProtobufCMessage *other)
{
        size_t count = *(const size_t *)member(one, field->quantifier_offset);
        const char *left = *(const char *const *)member(one, field->offset);
        const char *right = *(const char *const *)member(other, field->offset);

        if (count != *(const size_t *)member(other, field->quantifier_offset) ||
            (left == NULL) != (right == NULL))
                return false;
        for (size_t i = 0; i < count; i++)
                if (!are_values_alike(field, left + i * ek_value_size(field->type),
                                      right + i * ek_value_size(field->type)))
                        return false;
        return true;
}

/* A flag, or the number of a oneof's field. */
static bool are_quantifiers_alike(const ProtobufCFieldDescriptor *field,
                                  const ProtobufCMessage *one, const ProtobufCMessage *other)
{
        return field->quantifier_offset == 0 ||
               memcmp(member(one, field->quantifier_offset),
                      member(other, field->quantifier_offset), sizeof(uint32_t)) == 0;
}

bool alike(const ProtobufCMessage *one, const ProtobufCMessage *other)
{
        if (one->descriptor != other->descriptor || one->n_unknown_fields > 0 ||
            other->n_unknown_fields > 0 || one->unknown_fields || other->unknown_fields)
                return false;
        for (unsigned int i = 0; i < one->descriptor->n_fields; i++) {
                const ProtobufCFieldDescriptor *field = &one->descriptor->fields[i];

                if (field->label == PROTOBUF_C_LABEL_REPEATED) {
                        if (!are_arrays_alike(field, one, other))
                                return false;
                        continue;
                }
                if (!are_quantifiers_alike(field, one, other))
                        return false;
                if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) &&
                    *(const uint32_t *)member(one, field->quantifier_offset) != field->id)
                        continue;
                if (!are_values_alike(field, member(one, field->offset),
                                      member(other, field->offset)))
                        return false;
        }
        return true;
}
