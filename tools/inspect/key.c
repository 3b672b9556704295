/* SPDX-License-Identifier: MIT */
/* See key.h. */
#include "key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "print.h"
#include "scalar.h"

static const ProtobufCFieldDescriptor *key_field(const struct ekiden_item *item)
{
        return item->key ? protobuf_c_message_descriptor_get_field(item->message->descriptor,
                                                                   item->key)
                         : NULL;
}

/* Bytes as text format has them. */
static char *escaped(const ProtobufCBinaryData *bytes)
{
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);

        if (!out)
                return NULL;
        print_escaped(out, bytes->data, bytes->len, TEXT_ASCII);
        if (fclose(out) == 0)
                return text;
        free(text);
        return NULL;
}

char *key_text(const struct record *record)
{
        const ProtobufCFieldDescriptor *field = record->is_object ? NULL : key_field(record->item);
        char text[SCALAR_TEXT_MAX];
        const void *value;

        if (!field || !ek_field_is_set(record->message, field))
                return NULL;
        value = (const char *)record->message + field->offset;
        if (field->type == PROTOBUF_C_TYPE_STRING)
                return strdup(*(const char *const *)value);
        if (field->type == PROTOBUF_C_TYPE_BYTES)
                return escaped(value);
        return strdup(scalar_text(field, value, text));
}

bool key_is_secret(const struct ekiden_item *item)
{
        const ProtobufCFieldDescriptor *field = key_field(item);
        const struct ekiden_field *entry;

        if (!field)
                return false;
        entry = ek_message_field(item->message,
                                 (unsigned int)(field - item->message->descriptor->fields));
        return entry && (entry->flags & EKIDEN_FIELD_SECRET);
}

const char *key_name(const struct ekiden_item *item)
{
        const ProtobufCFieldDescriptor *field = key_field(item);

        return field ? field->name : NULL;
}
