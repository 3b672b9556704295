/* SPDX-License-Identifier: MIT */
/* Built-in items: plain C values to and from the message ekiden.Value. */
#include <stdlib.h>
#include <string.h>

#include "state/arena_item.h"
#include "state/tagged.h"

static const struct ekiden_field arena_fields[] = {
        {.index = 0, .flags = EKIDEN_FIELD_DESCRIPTOR}, /* Arena.data */
        {.index = 1, .flags = EKIDEN_FIELD_DESCRIPTOR}, /* Arena.table */
};

static const struct ekiden_message arena_message = {
        .descriptor = &ekiden__arena__descriptor,
        .fields = arena_fields,
        .field_count = 2,
};

static const struct ekiden_field value_fields[] = {
        {.index = 6, .flags = EKIDEN_FIELD_DESCRIPTOR}, /* Value.descriptor */
        {.index = 7, .nested = &arena_message}, /* Value.arena */
};

const struct ekiden_message ek_value_message = {
        .descriptor = &ekiden__value__descriptor,
        .fields = value_fields,
        .field_count = 2,
};

static void put_integer(Ekiden__Value *value, int64_t integer)
{
        value->value_case = EKIDEN__VALUE__VALUE_INTEGER;
        value->integer = integer;
}

static void put_natural(Ekiden__Value *value, uint64_t natural)
{
        value->value_case = EKIDEN__VALUE__VALUE_NATURAL;
        value->natural = natural;
}

static void put_text(Ekiden__Value *value, char *text)
{
        if (!text)
                return; /* NULL crosses as no value at all */
        value->value_case = EKIDEN__VALUE__VALUE_TEXT;
        value->text = text;
}

static void put_data(Ekiden__Value *value, uint8_t *data, size_t size)
{
        value->value_case = EKIDEN__VALUE__VALUE_DATA;
        value->data = (ProtobufCBinaryData){size, data};
}

static void put(const struct ek_tagged *tagged, Ekiden__Value *value)
{
        const void *from = tagged->data;

        switch (tagged->value_type) {
        case EK_VALUE_INT8:
                return put_integer(value, *(const int8_t *)from);
        case EK_VALUE_INT16:
                return put_integer(value, *(const int16_t *)from);
        case EK_VALUE_INT32:
                return put_integer(value, *(const int32_t *)from);
        case EK_VALUE_INT64:
                return put_integer(value, *(const int64_t *)from);
        case EK_VALUE_UINT8:
                return put_natural(value, *(const uint8_t *)from);
        case EK_VALUE_UINT16:
                return put_natural(value, *(const uint16_t *)from);
        case EK_VALUE_UINT32:
                return put_natural(value, *(const uint32_t *)from);
        case EK_VALUE_UINT64:
                return put_natural(value, *(const uint64_t *)from);
        case EK_VALUE_STRING:
                return put_text(value, *(char *const *)from);
        case EK_VALUE_BYTES:
                return put_data(value, *(void *const *)from, *tagged->size_bytes);
        case EK_VALUE_DOUBLE:
                value->value_case = EKIDEN__VALUE__VALUE_REAL;
                value->real = *(const double *)from;
                return;
        case EK_VALUE_BOOL:
                value->value_case = EKIDEN__VALUE__VALUE_TRUTH;
                value->truth = *(const bool *)from;
                return;
        case EK_VALUE_DESCRIPTOR:
                value->value_case = EKIDEN__VALUE__VALUE_DESCRIPTOR;
                value->descriptor = *(const int *)from;
                return;
        case EK_VALUE_ARENA:
        case EK_VALUE_NONE:
                return;
        }
}

static int export_value(const void *functions, ProtobufCMessage *record,
                        struct ekiden_cursor *cursor, void *data)
{
        if (cursor->record > 0)
                return 0;
        if (((const struct ek_tagged *)functions)->value_type == EK_VALUE_ARENA)
                return ek_arena_put(data, (Ekiden__Value *)record, cursor);
        put(functions, (Ekiden__Value *)record);
        return 1;
}

static int out_of_range(struct ekiden_cursor *cursor)
{
        return ekiden_error_set(cursor->error, EKIDEN_ETYPE,
                                "its value does not fit the type of integer that the new version "
                                "tags; tag a wider one");
}

static int wrong_type(struct ekiden_cursor *cursor)
{
        return ekiden_error_set(cursor->error, EKIDEN_ETYPE,
                                "the predecessor tagged a value of another type under this name; "
                                "tag the same type, or choose another name");
}

static int take_signed(const struct ek_tagged *tagged, const Ekiden__Value *value,
                       struct ekiden_cursor *cursor, int64_t low, int64_t high)
{
        int64_t integer;

        if (value->value_case == EKIDEN__VALUE__VALUE_NATURAL) {
                if (value->natural > INT64_MAX)
                        return out_of_range(cursor);
                integer = (int64_t)value->natural;
        } else if (value->value_case == EKIDEN__VALUE__VALUE_INTEGER) {
                integer = value->integer;
        } else {
                return wrong_type(cursor);
        }
        if (integer < low || integer > high)
                return out_of_range(cursor);
        switch (tagged->value_type) {
        case EK_VALUE_INT8:
                *(int8_t *)tagged->data = (int8_t)integer;
                break;
        case EK_VALUE_INT16:
                *(int16_t *)tagged->data = (int16_t)integer;
                break;
        case EK_VALUE_INT32:
                *(int32_t *)tagged->data = (int32_t)integer;
                break;
        default:
                *(int64_t *)tagged->data = integer;
                break;
        }
        return 0;
}

static int take_unsigned(const struct ek_tagged *tagged, const Ekiden__Value *value,
                         struct ekiden_cursor *cursor, uint64_t high)
{
        uint64_t natural;

        if (value->value_case == EKIDEN__VALUE__VALUE_INTEGER) {
                if (value->integer < 0)
                        return out_of_range(cursor);
                natural = (uint64_t)value->integer;
        } else if (value->value_case == EKIDEN__VALUE__VALUE_NATURAL) {
                natural = value->natural;
        } else {
                return wrong_type(cursor);
        }
        if (natural > high)
                return out_of_range(cursor);
        switch (tagged->value_type) {
        case EK_VALUE_UINT8:
                *(uint8_t *)tagged->data = (uint8_t)natural;
                break;
        case EK_VALUE_UINT16:
                *(uint16_t *)tagged->data = (uint16_t)natural;
                break;
        case EK_VALUE_UINT32:
                *(uint32_t *)tagged->data = (uint32_t)natural;
                break;
        default:
                *(uint64_t *)tagged->data = natural;
                break;
        }
        return 0;
}

static int take_text(char **to, const Ekiden__Value *value, struct ekiden_cursor *cursor)
{
        char *copy = NULL;

        if (value->value_case == EKIDEN__VALUE__VALUE_TEXT) {
                copy = strdup(value->text);
                if (!copy)
                        return EKIDEN_ENOMEM;
        } else if (value->value_case != EKIDEN__VALUE__VALUE__NOT_SET) {
                return wrong_type(cursor);
        }
        *to = copy;
        return 0;
}

static int take_data(void **to, size_t *size_bytes, const Ekiden__Value *value,
                     struct ekiden_cursor *cursor)
{
        void *copy;

        if (value->value_case != EKIDEN__VALUE__VALUE_DATA)
                return wrong_type(cursor);
        copy = malloc(value->data.len > 0 ? value->data.len : 1);
        if (!copy)
                return EKIDEN_ENOMEM;
        if (value->data.len > 0)
                memcpy(copy, value->data.data, value->data.len);
        *to = copy;
        *size_bytes = value->data.len;
        return 0;
}

static int take(const struct ek_tagged *tagged, const Ekiden__Value *value,
                struct ekiden_cursor *cursor)
{
        switch (tagged->value_type) {
        case EK_VALUE_INT8:
                return take_signed(tagged, value, cursor, INT8_MIN, INT8_MAX);
        case EK_VALUE_INT16:
                return take_signed(tagged, value, cursor, INT16_MIN, INT16_MAX);
        case EK_VALUE_INT32:
                return take_signed(tagged, value, cursor, INT32_MIN, INT32_MAX);
        case EK_VALUE_INT64:
                return take_signed(tagged, value, cursor, INT64_MIN, INT64_MAX);
        case EK_VALUE_UINT8:
                return take_unsigned(tagged, value, cursor, UINT8_MAX);
        case EK_VALUE_UINT16:
                return take_unsigned(tagged, value, cursor, UINT16_MAX);
        case EK_VALUE_UINT32:
                return take_unsigned(tagged, value, cursor, UINT32_MAX);
        case EK_VALUE_UINT64:
                return take_unsigned(tagged, value, cursor, UINT64_MAX);
        case EK_VALUE_STRING:
                return take_text(tagged->data, value, cursor);
        case EK_VALUE_BYTES:
                return take_data(tagged->data, tagged->size_bytes, value, cursor);
        case EK_VALUE_DOUBLE:
                if (value->value_case != EKIDEN__VALUE__VALUE_REAL)
                        return wrong_type(cursor);
                *(double *)tagged->data = value->real;
                return 0;
        case EK_VALUE_BOOL:
                if (value->value_case != EKIDEN__VALUE__VALUE_TRUTH)
                        return wrong_type(cursor);
                *(bool *)tagged->data = value->truth;
                return 0;
        case EK_VALUE_DESCRIPTOR:
                if (value->value_case != EKIDEN__VALUE__VALUE_DESCRIPTOR)
                        return wrong_type(cursor);
                *(int *)tagged->data = value->descriptor;
                return 0;
        case EK_VALUE_ARENA:
                if (value->value_case != EKIDEN__VALUE__VALUE_ARENA &&
                    value->value_case != EKIDEN__VALUE__VALUE__NOT_SET)
                        return wrong_type(cursor);
                return ek_arena_get(tagged->name, value, tagged->data, cursor);
        case EK_VALUE_NONE:
                break;
        }
        return EKIDEN_EINVAL;
}

static int import_value(const void *functions, const ProtobufCMessage *record,
                        struct ekiden_cursor *cursor, void *data)
{
        (void)data;
        return take(functions, (const Ekiden__Value *)record, cursor);
}

const struct ekiden_binding ek_value_binding = {
        .export_record = export_value,
        .import_record = import_value,
};
