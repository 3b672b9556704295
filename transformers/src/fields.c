/* SPDX-License-Identifier: MIT */
/* protobuf-c's reflection, read with the generator's tables beside it. */
#include "fields.h"

#include <string.h>

#include "record.h"
#include "secret.h"

#define TYPES_MAX 256 /* that a search looks at */

static void *member(ProtobufCMessage *message, unsigned int offset)
{
        return (char *)message + offset;
}

static bool is_present(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
        if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
                return *(uint32_t *)member(message, field->quantifier_offset) == field->id;
        if (field->label == PROTOBUF_C_LABEL_OPTIONAL && field->type != PROTOBUF_C_TYPE_MESSAGE)
                return *(protobuf_c_boolean *)member(message, field->quantifier_offset);
        return true;
}

const struct ekiden_field *ek_message_field(const struct ekiden_message *type, unsigned int index)
{
        for (size_t i = 0; type && i < type->field_count; i++)
                if (type->fields[i].index == index)
                        return &type->fields[i];
        return NULL;
}

void ek_record_init(const struct ekiden_message *type, ProtobufCMessage *message)
{
        protobuf_c_message_init(type->descriptor, message);
        for (size_t i = 0; i < type->field_count; i++) {
                const ProtobufCFieldDescriptor *field =
                        &type->descriptor->fields[type->fields[i].index];

                if ((type->fields[i].flags & EKIDEN_FIELD_DESCRIPTOR) &&
                    field->label != PROTOBUF_C_LABEL_REPEATED &&
                    !(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
                        *(int32_t *)member(message, field->offset) = -1;
        }
}

struct walk {
        int (*visit)(void *data, int32_t *value);
        int (*visit_bytes)(void *data, const char *arena, ProtobufCBinaryData *bytes); /* or NULL */
        void *data;
        bool reset_absent;
        bool clear_untold;
};

static int visit_message(const struct walk *walk, const struct ekiden_message *type,
                         ProtobufCMessage *message, unsigned int depth);

static void clear(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
        memset(member(message, field->offset), 0, ek_value_size(field->type));
        if (field->label == PROTOBUF_C_LABEL_OPTIONAL)
                *(protobuf_c_boolean *)member(message, field->quantifier_offset) = 0;
}

static int visit_field(const struct walk *walk, const struct ekiden_field *entry,
                       const ProtobufCFieldDescriptor *field, ProtobufCMessage *message,
                       unsigned int depth)
{
        void *place = member(message, field->offset);
        bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
        size_t count = repeated ? *(size_t *)member(message, field->quantifier_offset) : 1;

        if (walk->clear_untold && (entry->flags & EKIDEN_FIELD_UNTOLD))
                clear(message, field);
        if (walk->visit_bytes && (entry->flags & EKIDEN_FIELD_ARENA) && !repeated)
                return walk->visit_bytes(walk->data, entry->arena, place);
        if (walk->visit && (entry->flags & EKIDEN_FIELD_DESCRIPTOR)) {
                int32_t *values = repeated ? *(int32_t **)place : place;

                for (size_t i = 0; i < count; i++) {
                        int r = walk->visit(walk->data, &values[i]);

                        if (r < 0)
                                return r;
                }
        } else if (entry->nested) {
                ProtobufCMessage **messages = repeated ? *(ProtobufCMessage ***)place : place;

                for (size_t i = 0; i < count; i++) {
                        int r = messages[i]
                                        ? visit_message(walk, entry->nested, messages[i], depth + 1)
                                        : 0;

                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

static int visit_message(const struct walk *walk, const struct ekiden_message *type,
                         ProtobufCMessage *message, unsigned int depth)
{
        if (depth > EK_MESSAGE_DEPTH_MAX)
                return EKIDEN_ELIMIT;
        for (size_t i = 0; i < type->field_count; i++) {
                const struct ekiden_field *entry = &type->fields[i];
                const ProtobufCFieldDescriptor *field = &type->descriptor->fields[entry->index];
                int r = 0;

                if (is_present(message, field))
                        r = visit_field(walk, entry, field, message, depth);
                else if (walk->reset_absent && (entry->flags & EKIDEN_FIELD_DESCRIPTOR) &&
                         !(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
                        *(int32_t *)member(message, field->offset) = -1;
                if (r < 0)
                        return r;
        }
        return 0;
}

int ek_each_descriptor(const struct ekiden_message *type, ProtobufCMessage *message,
                       int (*visit)(void *data, int32_t *value), void *data)
{
        struct walk walk = {.visit = visit, .data = data};

        return visit_message(&walk, type, message, 0);
}

int ek_resolve_descriptors(const struct ekiden_message *type, ProtobufCMessage *message,
                           int (*visit)(void *data, int32_t *value), void *data)
{
        struct walk walk = {.visit = visit, .data = data, .reset_absent = true};

        return visit_message(&walk, type, message, 0);
}

int ek_each_in_arena(const struct ekiden_message *type, ProtobufCMessage *message,
                     int (*visit)(void *data, const char *arena, ProtobufCBinaryData *bytes),
                     void *data)
{
        struct walk walk = {.visit_bytes = visit, .data = data};

        return visit_message(&walk, type, message, 0);
}

static int leave_alone(void *data, int32_t *value)
{
        (void)data;
        (void)value;
        return 0;
}

void ek_reset_absent_descriptors(const struct ekiden_message *type, ProtobufCMessage *message)
{
        ek_resolve_descriptors(type, message, leave_alone, NULL);
}

/* The nearest of the types that one leads to, itself included. NULL: none of those that were looked
   at, and *ret_is_certain says whether that were all; it may be NULL. */
static const struct ekiden_message *search(const struct ekiden_message *type,
                                           bool (*is_it)(const struct ekiden_message *type,
                                                         const void *data),
                                           const void *data, bool *ret_is_certain)
{
        const struct ekiden_message *seen[TYPES_MAX] = {type};
        size_t count = 1;
        bool is_certain = true;

        for (size_t next = 0; next < count; next++) {
                if (is_it(seen[next], data))
                        return seen[next];
                for (size_t i = 0; i < seen[next]->field_count; i++) {
                        const struct ekiden_message *nested = seen[next]->fields[i].nested;
                        size_t k = 0;

                        while (nested && k < count && seen[k] != nested)
                                k++;
                        if (!nested || k < count)
                                continue;
                        if (count < TYPES_MAX)
                                seen[count++] = nested;
                        else
                                is_certain = false;
                }
        }
        if (ret_is_certain)
                *ret_is_certain = is_certain;
        return NULL;
}

static bool has_descriptor(const struct ekiden_message *type, const void *descriptor)
{
        return type->descriptor == descriptor;
}

const struct ekiden_message *ek_message_find(const struct ekiden_message *type,
                                             const ProtobufCMessageDescriptor *descriptor)
{
        return search(type, has_descriptor, descriptor, NULL);
}

static const ProtobufCFieldDescriptor *identity_field(const struct ekiden_message *type)
{
        for (size_t i = 0; i < type->field_count; i++)
                if (type->fields[i].flags & EKIDEN_FIELD_IDENTITY)
                        return &type->descriptor->fields[type->fields[i].index];
        return NULL;
}

static bool has_identity(const struct ekiden_message *type, const void *data)
{
        (void)data;
        return identity_field(type) != NULL;
}

bool ek_message_has_objects(const struct ekiden_message *type)
{
        return search(type, has_identity, NULL, NULL) != NULL;
}

static bool has_flag(const struct ekiden_message *type, const void *flag)
{
        for (size_t i = 0; i < type->field_count; i++)
                if (type->fields[i].flags & *(const unsigned int *)flag)
                        return true;
        return false;
}

/* Whether a message, or one that it leads to, has such a field, for all that is known. */
static bool may_have(const struct ekiden_message *type, unsigned int flag)
{
        bool is_certain = true;

        return search(type, has_flag, &flag, &is_certain) || !is_certain;
}

/* The generator lets numbers alone be marked, that are neither repeated nor in a oneof. */
void ek_clear_untold(const struct ekiden_message *type, ProtobufCMessage *message)
{
        struct walk walk = {.clear_untold = true};

        (void)visit_message(&walk, type, message, 0);
}

bool ek_message_has_untold(const struct ekiden_message *type)
{
        return may_have(type, EKIDEN_FIELD_UNTOLD);
}

bool ek_message_has_secrets(const struct ekiden_message *type)
{
        return may_have(type, EKIDEN_FIELD_SECRET);
}

bool ek_message_has_arenas(const struct ekiden_message *type)
{
        return may_have(type, EKIDEN_FIELD_ARENA);
}

struct arena_visit {
        int (*visit)(void *data, const char *arena);
        void *data;
        int *result;
};

static bool visit_arenas(const struct ekiden_message *type, const void *data)
{
        const struct arena_visit *visit = data;

        for (size_t i = 0; *visit->result >= 0 && i < type->field_count; i++)
                if (type->fields[i].flags & EKIDEN_FIELD_ARENA)
                        *visit->result = visit->visit(visit->data, type->fields[i].arena);
        return *visit->result < 0;
}

int ek_each_arena(const struct ekiden_message *type, int (*visit)(void *data, const char *arena),
                  void *data)
{
        int result = 0;
        const struct arena_visit arena_visit = {visit, data, &result};

        search(type, visit_arenas, &arena_visit, NULL);
        return result < 0 ? result : 0;
}

bool ek_record_identity(const struct ekiden_message *type, const ProtobufCMessage *message,
                        uint64_t *ret_identity)
{
        const ProtobufCFieldDescriptor *field = identity_field(type);

        if (!field ||
            !*(const protobuf_c_boolean *)((const char *)message + field->quantifier_offset))
                return false;
        *ret_identity = *(const uint64_t *)(const void *)((const char *)message + field->offset);
        return true;
}

bool ek_record_identify(const struct ekiden_message *type, ProtobufCMessage *message,
                        uint64_t identity)
{
        const ProtobufCFieldDescriptor *field = identity_field(type);

        if (!field)
                return false;
        *(protobuf_c_boolean *)member(message, field->quantifier_offset) = 1;
        *(uint64_t *)member(message, field->offset) = identity;
        return true;
}

/* Of a field without presence (proto3): what is not zero. */
static bool is_zero(const ProtobufCFieldDescriptor *field, const void *value)
{
        static const char zeros[sizeof(ProtobufCBinaryData)];

        switch (field->type) {
        case PROTOBUF_C_TYPE_STRING:
                return !*(const char *const *)value || !**(const char *const *)value;
        case PROTOBUF_C_TYPE_BYTES:
                return ((const ProtobufCBinaryData *)value)->len == 0;
        default:
                return memcmp(value, zeros, ek_value_size(field->type)) == 0;
        }
}

const ProtobufCFieldDescriptor *ek_field_counterpart(const ProtobufCFieldDescriptor *field,
                                                     const ProtobufCMessageDescriptor *other)
{
        const ProtobufCFieldDescriptor *found =
                protobuf_c_message_descriptor_get_field_by_name(other, field->name);

        return found && found->type == field->type && found->label == field->label &&
                               !((found->flags ^ field->flags) & PROTOBUF_C_FIELD_FLAG_ONEOF)
                       ? found
                       : NULL;
}

static bool are_same_bytes(const ProtobufCBinaryData *a, const ProtobufCBinaryData *b)
{
        return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static bool are_same_texts(const char *a, const char *b)
{
        return a && b ? strcmp(a, b) == 0 : a == b;
}

bool ek_values_are_same(ProtobufCType type, const void *a, const void *b)
{
        switch (type) {
        case PROTOBUF_C_TYPE_STRING:
                return are_same_texts(*(const char *const *)a, *(const char *const *)b);
        case PROTOBUF_C_TYPE_BYTES:
                return are_same_bytes(a, b);
        case PROTOBUF_C_TYPE_BOOL:
                return !*(const protobuf_c_boolean *)a == !*(const protobuf_c_boolean *)b;
        default:
                return memcmp(a, b, ek_value_size(type)) == 0;
        }
}

bool ek_field_is_set(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
        const char *quantifier = (const char *)message + field->quantifier_offset;
        const void *const *pointer = (const void *)((const char *)message + field->offset);

        if (field->label == PROTOBUF_C_LABEL_REPEATED)
                return *(const size_t *)(const void *)quantifier > 0;
        if (field->label == PROTOBUF_C_LABEL_REQUIRED)
                return true;
        if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
                return *(const uint32_t *)(const void *)quantifier == field->id;
        if (field->label == PROTOBUF_C_LABEL_NONE)
                return !is_zero(field, pointer);
        if (field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE)
                return *pointer && *pointer != field->default_value;
        return *(const protobuf_c_boolean *)quantifier;
}

bool ek_record_is_stub(const struct ekiden_message *type, const ProtobufCMessage *message)
{
        const ProtobufCFieldDescriptor *identity = identity_field(type);

        for (unsigned int i = 0; i < type->descriptor->n_fields; i++) {
                const ProtobufCFieldDescriptor *field = &type->descriptor->fields[i];

                if (ek_field_is_set(message, field) != (field == identity))
                        return false;
        }
        return identity != NULL;
}
