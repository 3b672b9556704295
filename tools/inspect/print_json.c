/* SPDX-License-Identifier: MIT */
/* The JSON mapping: 64-bit integers are strings, bytes are base64, values of enums go by name. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dynamic.h"
#include "fields.h"
#include "print.h"
#include "record.h"
#include "scalar.h"

/* RFC 4648, section 4. */
static struct json_object *base64(const uint8_t *bytes, size_t size)
{
        static const char digits[] =
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        size_t length = (size + 2) / 3 * 4;
        struct json_object *object;
        char *text = malloc(length + 1);

        if (!text || length > INT32_MAX) {
                free(text);
                return NULL;
        }
        for (size_t i = 0, out = 0; i < size; i += 3, out += 4) {
                uint32_t group = (uint32_t)bytes[i] << 16;

                if (i + 1 < size)
                        group |= (uint32_t)bytes[i + 1] << 8;
                if (i + 2 < size)
                        group |= bytes[i + 2];
                text[out] = digits[group >> 18];
                text[out + 1] = digits[group >> 12 & 63];
                text[out + 2] = i + 1 < size ? digits[group >> 6 & 63] : '=';
                text[out + 3] = i + 2 < size ? digits[group & 63] : '=';
        }
        object = json_object_new_string_len(text, (int)length);
        free(text);
        return object;
}

static struct json_object *real(const ProtobufCFieldDescriptor *field, const void *value)
{
        char text[SCALAR_TEXT_MAX];
        double number = field->type == PROTOBUF_C_TYPE_FLOAT ? (double)*(const float *)value
                                                             : *(const double *)value;

        if (isnan(number))
                return json_object_new_string("NaN");
        if (isinf(number))
                return json_object_new_string(number < 0 ? "-Infinity" : "Infinity");
        return json_object_new_double_s(number, scalar_text(field, value, text));
}

static struct json_object *enumeration(const ProtobufCFieldDescriptor *field, int32_t number)
{
        const ProtobufCEnumValue *value =
                protobuf_c_enum_descriptor_get_value(field->descriptor, number);

        return value ? json_object_new_string(value->name) : json_object_new_int(number);
}

static struct json_object *scalar(const ProtobufCFieldDescriptor *field, const void *value)
{
        const ProtobufCBinaryData *bytes = value;
        char text[SCALAR_TEXT_MAX];
        const char *string;

        switch (field->type) {
        case PROTOBUF_C_TYPE_INT32:
        case PROTOBUF_C_TYPE_SINT32:
        case PROTOBUF_C_TYPE_SFIXED32:
                return json_object_new_int(*(const int32_t *)value);
        case PROTOBUF_C_TYPE_UINT32:
        case PROTOBUF_C_TYPE_FIXED32:
                return json_object_new_int64(*(const uint32_t *)value);
        case PROTOBUF_C_TYPE_FLOAT:
        case PROTOBUF_C_TYPE_DOUBLE:
                return real(field, value);
        case PROTOBUF_C_TYPE_BOOL:
                return json_object_new_boolean(*(const protobuf_c_boolean *)value);
        case PROTOBUF_C_TYPE_ENUM:
                return enumeration(field, *(const int32_t *)value);
        case PROTOBUF_C_TYPE_STRING:
                string = *(const char *const *)value;
                return json_object_new_string(string ? string : "");
        case PROTOBUF_C_TYPE_BYTES:
                return base64(bytes->data, bytes->len);
        default:
                return json_object_new_string(scalar_text(field, value, text));
        }
}

/* A descriptor that is none is null: that is no failure. */
static bool is_descriptor(const struct ekiden_field *entry)
{
        return entry && (entry->flags & EKIDEN_FIELD_DESCRIPTOR);
}

/* What a descriptor is tells more than its number. */
static struct json_object *descriptor(const struct print *print, int32_t number)
{
        if (number < 1 || (size_t)number > print->descriptor_count)
                return NULL;
        return json_object_new_string(print->descriptors[number - 1]);
}

struct json_object *print_json_value(const struct print *print, const struct ekiden_field *entry,
                                     const ProtobufCFieldDescriptor *field, const void *value)
{
        const ProtobufCMessage *message;

        if (is_descriptor(entry))
                return descriptor(print, *(const int32_t *)value);
        if (field->type != PROTOBUF_C_TYPE_MESSAGE)
                return scalar(field, value);
        message = *(const ProtobufCMessage *const *)value;
        return message ? print_json(print, entry ? entry->nested : NULL, message)
                       : json_object_new_object();
}

/* Takes the element over, in any case. */
static bool add_element(struct json_object *array, struct json_object *element, bool may_be_null)
{
        if ((element || may_be_null) && json_object_array_add(array, element) == 0)
                return true;
        json_object_put(element);
        return false;
}

/* A map is an object: {"key":value}. */
static struct json_object *map_json(const struct print *print, const struct ekiden_message *type,
                                    ProtobufCMessage *const *entries, size_t count)
{
        struct json_object *object = json_object_new_object();

        for (size_t i = 0; object && i < count; i++) {
                const ProtobufCFieldDescriptor *fields = entries[i]->descriptor->fields;
                const void *key = (const char *)entries[i] + fields[0].offset;
                struct json_object *value =
                        print_json_value(print, ek_message_field(type, 1), &fields[1],
                                         (const char *)entries[i] + fields[1].offset);
                char text[SCALAR_TEXT_MAX];
                const char *name = fields[0].type == PROTOBUF_C_TYPE_STRING
                                           ? *(const char *const *)key
                                           : scalar_text(&fields[0], key, text);

                if (value && json_object_object_add(object, name ? name : "", value) == 0)
                        continue;
                json_object_put(value);
                json_object_put(object);
                object = NULL;
        }
        return object;
}

static struct json_object *array_json(const struct print *print, const struct ekiden_field *entry,
                                      const ProtobufCFieldDescriptor *field, const char *values,
                                      size_t count)
{
        struct json_object *array = json_object_new_array();

        for (size_t i = 0; array && i < count; i++) {
                const char *value = values + i * ek_value_size(field->type);

                if (add_element(array, print_json_value(print, entry, field, value),
                                is_descriptor(entry)))
                        continue;
                json_object_put(array);
                array = NULL;
        }
        return array;
}

static bool is_map(const ProtobufCFieldDescriptor *field)
{
        return field->type == PROTOBUF_C_TYPE_MESSAGE &&
               field->label == PROTOBUF_C_LABEL_REPEATED && dynamic_is_map_entry(field->descriptor);
}

static struct json_object *field_json(const struct print *print, const struct ekiden_field *entry,
                                      const ProtobufCFieldDescriptor *field,
                                      const ProtobufCMessage *message)
{
        const void *values;
        size_t count;

        if (print_is_secret(print, entry))
                return json_object_new_string(PRINT_SECRET);
        values = print_values(message, field, &count);
        if (is_map(field))
                return map_json(print, entry ? entry->nested : NULL, values, count);
        if (field->label == PROTOBUF_C_LABEL_REPEATED)
                return array_json(print, entry, field, values, count);
        return print_json_value(print, entry, field, values);
}

struct json_object *print_json(const struct print *print, const struct ekiden_message *type,
                               const ProtobufCMessage *message)
{
        const ProtobufCMessageDescriptor *descriptor = message->descriptor;
        struct json_object *object = json_object_new_object();

        for (unsigned int i = 0; object && i < descriptor->n_fields; i++) {
                const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
                const struct ekiden_field *entry = ek_message_field(type, i);
                struct json_object *value;

                if (!ek_field_is_set(message, field))
                        continue;
                value = field_json(print, entry, field, message);
                if ((value || is_descriptor(entry)) &&
                    json_object_object_add(object, field->name, value) == 0)
                        continue;
                json_object_put(value);
                json_object_put(object);
                object = NULL;
        }
        return object;
}
