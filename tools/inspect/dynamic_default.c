/* SPDX-License-Identifier: MIT */
/*
 * Defaults. descriptor.proto: "For numeric types, contains the original text representation of the
 * value. For booleans, "true" or "false". For strings, contains the default text contents (not
 * escaped in any way). For bytes, contains the C escaped value."
 */
#include "dynamic_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"

static bool read_integer(const char *text, int64_t min, int64_t max, int64_t *ret_value)
{
        char *end;
        long long value;

        errno = 0;
        value = strtoll(text, &end, 10);
        if (errno != 0 || end == text || *end || value < min || value > max)
                return false;
        *ret_value = value;
        return true;
}

static bool read_natural(const char *text, uint64_t max, uint64_t *ret_value)
{
        char *end;
        unsigned long long value;

        errno = 0;
        value = strtoull(text, &end, 10);
        if (errno != 0 || end == text || *end || text[0] == '-' || value > max)
                return false;
        *ret_value = value;
        return true;
}

static bool read_real(const char *text, double *ret_value)
{
        char *end;

        *ret_value = strtod(text, &end);
        return end != text && !*end;
}

/* One character, which may be escaped. Returns behind it, or NULL. */
static const char *read_escaped(const char *text, uint8_t *ret_byte)
{
        static const char letters[] = "abfnrtv\\'\"?";
        static const char meant[] = "\a\b\f\n\r\t\v\\'\"?";
        unsigned int value = 0;
        const char *letter;
        int digits = 0;

        if (*text != '\\') {
                *ret_byte = (uint8_t)*text;
                return text + 1;
        }
        text++;
        for (; digits < 3 && *text >= '0' && *text <= '7'; digits++, text++)
                value = value * 8 + (unsigned int)(*text - '0');
        *ret_byte = (uint8_t)value;
        if (digits > 0)
                return value <= 255 ? text : NULL;
        if (*text == 'x') {
                char hexadecimal[3] = {0};

                strncpy(hexadecimal, text + 1, 2);
                *ret_byte = (uint8_t)strtoul(hexadecimal, NULL, 16);
                return strspn(hexadecimal, "0123456789abcdefABCDEF") == 2 ? text + 3 : NULL;
        }
        letter = *text ? strchr(letters, *text) : NULL;
        if (!letter)
                return NULL;
        *ret_byte = (uint8_t)meant[letter - letters];
        return text + 1;
}

static bool read_bytes(const char *text, ProtobufCBinaryData *bytes)
{
        while (*text) {
                text = read_escaped(text, &bytes->data[bytes->len++]);
                if (!text)
                        return false;
        }
        return true;
}

static bool read_enum(const char *text, const ProtobufCFieldDescriptor *field, int32_t *ret_value)
{
        const ProtobufCEnumValue *value =
                protobuf_c_enum_descriptor_get_value_by_name(field->descriptor, text);

        if (value)
                *ret_value = value->value;
        return value != NULL;
}

union value {
        int64_t integer;
        uint64_t natural;
        int32_t integer32;
        uint32_t natural32;
        double real;
        float real32;
        protobuf_c_boolean truth;
        ProtobufCBinaryData bytes;
};

static bool read_value(const char *text, const ProtobufCFieldDescriptor *field, union value *value)
{
        double real;

        switch (field->type) {
        case PROTOBUF_C_TYPE_INT32:
        case PROTOBUF_C_TYPE_SINT32:
        case PROTOBUF_C_TYPE_SFIXED32:
                if (!read_integer(text, INT32_MIN, INT32_MAX, &value->integer))
                        return false;
                value->integer32 = (int32_t)value->integer;
                return true;
        case PROTOBUF_C_TYPE_INT64:
        case PROTOBUF_C_TYPE_SINT64:
        case PROTOBUF_C_TYPE_SFIXED64:
                return read_integer(text, INT64_MIN, INT64_MAX, &value->integer);
        case PROTOBUF_C_TYPE_UINT32:
        case PROTOBUF_C_TYPE_FIXED32:
                if (!read_natural(text, UINT32_MAX, &value->natural))
                        return false;
                value->natural32 = (uint32_t)value->natural;
                return true;
        case PROTOBUF_C_TYPE_UINT64:
        case PROTOBUF_C_TYPE_FIXED64:
                return read_natural(text, UINT64_MAX, &value->natural);
        case PROTOBUF_C_TYPE_FLOAT:
                if (!read_real(text, &real))
                        return false;
                value->real32 = (float)real;
                return true;
        case PROTOBUF_C_TYPE_DOUBLE:
                return read_real(text, &value->real);
        case PROTOBUF_C_TYPE_BOOL:
                value->truth = strcmp(text, "true") == 0;
                return value->truth || strcmp(text, "false") == 0;
        case PROTOBUF_C_TYPE_ENUM:
                return read_enum(text, field, &value->integer32);
        case PROTOBUF_C_TYPE_BYTES:
                return read_bytes(text, &value->bytes);
        default:
                return false;
        }
}

int dynamic_default(struct dynamic_types *types, const char *text,
                    const ProtobufCFieldDescriptor *field, const void **ret_value)
{
        union value *value;

        if (field->type == PROTOBUF_C_TYPE_STRING) {
                *ret_value = text; /* it lives in the set */
                return 0;
        }
        value = dynamic_alloc(types, 1, sizeof(*value));
        if (value && field->type == PROTOBUF_C_TYPE_BYTES)
                value->bytes.data = dynamic_alloc(types, strlen(text) + 1, 1);
        if (!value || (field->type == PROTOBUF_C_TYPE_BYTES && !value->bytes.data))
                return dynamic_out_of_memory(types);
        if (!read_value(text, field, value))
                return dynamic_damaged(types, "the default of a field \"%s\" is none", field->name);
        *ret_value = value;
        return 0;
}
