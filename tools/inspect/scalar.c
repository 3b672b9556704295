/* SPDX-License-Identifier: MIT */
/* See scalar.h. */
#include "scalar.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The fewest digits that mean the same value again: 17 always do for a double, 9 for a float. */
static const char *real_text(double value, bool is_float, char *ret_text)
{
        if (isnan(value))
                return "nan";
        if (isinf(value))
                return value < 0 ? "-inf" : "inf";
        for (int digits = is_float ? 6 : 15; digits <= (is_float ? 9 : 17); digits++) {
                snprintf(ret_text, SCALAR_TEXT_MAX, "%.*g", digits, value);
                if (is_float ? strtof(ret_text, NULL) == (float)value
                             : strtod(ret_text, NULL) == value)
                        break;
        }
        return ret_text;
}

static const char *enum_text(const ProtobufCFieldDescriptor *field, int32_t number, char *ret_text)
{
        const ProtobufCEnumValue *value =
                protobuf_c_enum_descriptor_get_value(field->descriptor, number);

        if (value)
                snprintf(ret_text, SCALAR_TEXT_MAX, "%s", value->name);
        else
                snprintf(ret_text, SCALAR_TEXT_MAX, "%" PRId32, number);
        return ret_text;
}

const char *scalar_text(const ProtobufCFieldDescriptor *field, const void *value,
                        char ret_text[SCALAR_TEXT_MAX])
{
        switch (field->type) {
        case PROTOBUF_C_TYPE_INT32:
        case PROTOBUF_C_TYPE_SINT32:
        case PROTOBUF_C_TYPE_SFIXED32:
                snprintf(ret_text, SCALAR_TEXT_MAX, "%" PRId32, *(const int32_t *)value);
                return ret_text;
        case PROTOBUF_C_TYPE_UINT32:
        case PROTOBUF_C_TYPE_FIXED32:
                snprintf(ret_text, SCALAR_TEXT_MAX, "%" PRIu32, *(const uint32_t *)value);
                return ret_text;
        case PROTOBUF_C_TYPE_INT64:
        case PROTOBUF_C_TYPE_SINT64:
        case PROTOBUF_C_TYPE_SFIXED64:
                snprintf(ret_text, SCALAR_TEXT_MAX, "%" PRId64, *(const int64_t *)value);
                return ret_text;
        case PROTOBUF_C_TYPE_UINT64:
        case PROTOBUF_C_TYPE_FIXED64:
                snprintf(ret_text, SCALAR_TEXT_MAX, "%" PRIu64, *(const uint64_t *)value);
                return ret_text;
        case PROTOBUF_C_TYPE_FLOAT:
                return real_text((double)*(const float *)value, true, ret_text);
        case PROTOBUF_C_TYPE_DOUBLE:
                return real_text(*(const double *)value, false, ret_text);
        case PROTOBUF_C_TYPE_BOOL:
                return *(const protobuf_c_boolean *)value ? "true" : "false";
        case PROTOBUF_C_TYPE_ENUM:
                return enum_text(field, *(const int32_t *)value, ret_text);
        default:
                return "?";
        }
}
