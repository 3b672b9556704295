/* SPDX-License-Identifier: MIT */
/* See difference.h. Both messages were checked (record.h) or unpacked from what was. */
#include "difference.h"

#include <stdio.h>
#include <string.h>

#include "fields.h"
#include "record.h"

struct walk {
        const struct ek_difference_rules *rules;
        int (*visit)(void *data, const struct ek_difference *difference);
        void *data;
        struct ek_difference here; /* its path is where the walk is */
        size_t path_length;
        int count;
        bool in_part;
};

/* One side of the comparison, at one message. */
struct side {
        const struct ekiden_message *type; /* its table, or NULL */
        const ProtobufCMessage *message;
};

/* A field of both. */
struct pair {
        const ProtobufCFieldDescriptor *field_a, *field_b;
        const struct ekiden_field *entry_a, *entry_b; /* in the tables, or NULL */
};

static int compare_messages(struct walk *walk, struct side a, struct side b, unsigned int depth);

static const void *member(const ProtobufCMessage *message, unsigned int offset)
{
        return (const char *)message + offset;
}

static void add_to_path(struct walk *walk, const char *before, const char *name)
{
        size_t room = sizeof(walk->here.path) - walk->path_length;
        int length = snprintf(walk->here.path + walk->path_length, room, "%s%s", before, name);

        if (length > 0)
                walk->path_length += (size_t)length < room ? (size_t)length : room - 1;
}

static void cut_path(struct walk *walk, size_t length)
{
        walk->path_length = length;
        walk->here.path[length] = '\0';
}

static int report(struct walk *walk, enum ek_difference_kind kind, const struct pair *pair,
                  const void *value_a, const void *value_b)
{
        walk->here.kind = kind;
        walk->here.field_a = pair ? pair->field_a : NULL;
        walk->here.field_b = pair ? pair->field_b : NULL;
        walk->here.entry_a = pair ? pair->entry_a : NULL;
        walk->here.entry_b = pair ? pair->entry_b : NULL;
        walk->here.value_a = value_a;
        walk->here.value_b = value_b;
        walk->count++;
        return walk->visit ? walk->visit(walk->data, &walk->here) : 0;
}

static bool is_secret(const struct ekiden_field *entry)
{
        return entry && (entry->flags & EKIDEN_FIELD_SECRET);
}

static bool is_descriptor(const struct pair *pair)
{
        return pair->entry_a && (pair->entry_a->flags & EKIDEN_FIELD_DESCRIPTOR) && pair->entry_b &&
               (pair->entry_b->flags & EKIDEN_FIELD_DESCRIPTOR);
}

static bool same_enum(const struct pair *pair, int32_t a, int32_t b)
{
        const ProtobufCEnumValue *value_a, *value_b;

        if (pair->field_a->descriptor == pair->field_b->descriptor)
                return a == b;
        value_a = protobuf_c_enum_descriptor_get_value(pair->field_a->descriptor, a);
        value_b = protobuf_c_enum_descriptor_get_value(pair->field_b->descriptor, b);
        return value_a && value_b ? strcmp(value_a->name, value_b->name) == 0 : a == b;
}

static bool same_value(const struct walk *walk, const struct pair *pair, const void *a,
                       const void *b)
{
        const struct ek_difference_rules *rules = walk->rules;

        if (is_descriptor(pair))
                return !rules->same_descriptor ||
                       rules->same_descriptor(rules->data, *(const int32_t *)a,
                                              *(const int32_t *)b);
        if (pair->field_a->type == PROTOBUF_C_TYPE_ENUM)
                return same_enum(pair, *(const int32_t *)a, *(const int32_t *)b);
        return ek_values_are_same(pair->field_a->type, a, b);
}

/* Values that both have; of a message, what is in it. */
static int compare_values(struct walk *walk, const struct pair *pair, const void *a, const void *b,
                          unsigned int depth)
{
        const ProtobufCMessage *message_a, *message_b;

        if (pair->field_a->type != PROTOBUF_C_TYPE_MESSAGE)
                return same_value(walk, pair, a, b) ? 0
                                                    : report(walk, EK_DIFFERENCE_VALUE, pair, a, b);
        message_a = *(const ProtobufCMessage *const *)a;
        message_b = *(const ProtobufCMessage *const *)b;
        if (!message_a || !message_b)
                return message_a == message_b ? 0 : report(walk, EK_DIFFERENCE_VALUE, pair, a, b);
        return compare_messages(
                walk, (struct side){pair->entry_a ? pair->entry_a->nested : NULL, message_a},
                (struct side){pair->entry_b ? pair->entry_b->nested : NULL, message_b}, depth + 1);
}

static int compare_repeated(struct walk *walk, const struct pair *pair, const ProtobufCMessage *a,
                            const ProtobufCMessage *b, unsigned int depth)
{
        size_t count_a = *(const size_t *)member(a, pair->field_a->quantifier_offset);
        size_t count_b = *(const size_t *)member(b, pair->field_b->quantifier_offset);
        const char *elements_a = *(const char *const *)member(a, pair->field_a->offset);
        const char *elements_b = *(const char *const *)member(b, pair->field_b->offset);
        size_t size = ek_value_size(pair->field_a->type);
        size_t length = walk->path_length;
        int r = 0;

        if (count_a != count_b) {
                walk->here.count_a = count_a;
                walk->here.count_b = count_b;
                return report(walk, EK_DIFFERENCE_COUNT, pair, elements_a, elements_b);
        }
        for (size_t i = 0; i < count_a && r == 0; i++) {
                char index[32];

                snprintf(index, sizeof(index), "[%zu]", i);
                add_to_path(walk, index, "");
                r = compare_values(walk, pair, elements_a + i * size, elements_b + i * size, depth);
                cut_path(walk, length);
        }
        return r;
}

static int compare_single(struct walk *walk, const struct pair *pair, const ProtobufCMessage *a,
                          const ProtobufCMessage *b, unsigned int depth)
{
        static const int32_t none = -1;
        const void *value_a = NULL;
        const void *value_b = NULL;

        if (ek_field_is_set(a, pair->field_a))
                value_a = member(a, pair->field_a->offset);
        if (ek_field_is_set(b, pair->field_b))
                value_b = member(b, pair->field_b->offset);
        if (!value_a && !value_b)
                return 0;
        if (is_descriptor(pair) && !(pair->field_a->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
                return compare_values(walk, pair, value_a ? value_a : &none,
                                      value_b ? value_b : &none, depth);
        if (!value_a || !value_b)
                return report(walk, value_a ? EK_DIFFERENCE_ONLY_IN_A : EK_DIFFERENCE_ONLY_IN_B,
                              pair, value_a, value_b);
        return compare_values(walk, pair, value_a, value_b, depth);
}

static int compare_fields(struct walk *walk, const struct side *a, const struct side *b,
                          const struct pair *pair, unsigned int depth)
{
        size_t length = walk->path_length;
        bool was_secret = walk->here.is_secret;
        int r;

        walk->here.is_secret |= is_secret(pair->entry_a) || is_secret(pair->entry_b);
        add_to_path(walk, length > 0 ? "." : "", pair->field_a->name);
        if (pair->field_a->label == PROTOBUF_C_LABEL_REPEATED)
                r = compare_repeated(walk, pair, a->message, b->message, depth);
        else
                r = compare_single(walk, pair, a->message, b->message, depth);
        cut_path(walk, length);
        walk->here.is_secret = was_secret;
        return r;
}

static bool same_unknown(const ProtobufCMessage *a, const ProtobufCMessage *b)
{
        if (a->n_unknown_fields != b->n_unknown_fields)
                return false;
        for (unsigned int i = 0; i < a->n_unknown_fields; i++) {
                const ProtobufCMessageUnknownField *left = &a->unknown_fields[i];
                const ProtobufCMessageUnknownField *right = &b->unknown_fields[i];

                if (left->tag != right->tag || left->wire_type != right->wire_type ||
                    left->len != right->len || memcmp(left->data, right->data, left->len) != 0)
                        return false;
        }
        return true;
}

static int compare_messages(struct walk *walk, struct side a, struct side b, unsigned int depth)
{
        const ProtobufCMessageDescriptor *type_a = a.message->descriptor;
        const ProtobufCMessageDescriptor *type_b = b.message->descriptor;
        unsigned int in_both = 0;
        int r = 0;

        if (depth > EK_MESSAGE_DEPTH_MAX)
                return EKIDEN_ELIMIT;
        for (unsigned int i = 0; i < type_a->n_fields && r == 0; i++) {
                struct pair pair = {.field_a = &type_a->fields[i]};

                pair.field_b = type_a == type_b ? pair.field_a
                                                : ek_field_counterpart(pair.field_a, type_b);
                if (!pair.field_b)
                        continue;
                in_both++;
                pair.entry_a = ek_message_field(a.type, i);
                pair.entry_b =
                        ek_message_field(b.type, (unsigned int)(pair.field_b - type_b->fields));
                r = compare_fields(walk, &a, &b, &pair, depth);
        }
        if (r != 0)
                return r;
        if (in_both < type_a->n_fields || in_both < type_b->n_fields)
                walk->in_part = true;
        if (same_unknown(a.message, b.message))
                return 0;
        return report(walk, EK_DIFFERENCE_UNKNOWN, NULL, NULL, NULL);
}

static int compare(struct walk *walk, const ProtobufCMessage *a, const ProtobufCMessage *b,
                   bool *ret_in_part)
{
        const struct ek_difference_rules *rules = walk->rules;
        int r = compare_messages(walk, (struct side){rules->type_a, a},
                                 (struct side){rules->type_b, b}, 0);

        if (ret_in_part)
                *ret_in_part = walk->in_part;
        return r != 0 ? r : walk->count;
}

int ek_difference_each(const struct ek_difference_rules *rules, const ProtobufCMessage *a,
                       const ProtobufCMessage *b, bool *ret_in_part)
{
        struct walk walk = {.rules = rules, .visit = rules->visit, .data = rules->data};

        return compare(&walk, a, b, ret_in_part);
}

static int keep(void *data, const struct ek_difference *difference)
{
        struct ek_difference *kept = data;

        *kept = *difference;
        return 1;
}

int ek_difference_find(const struct ek_difference_rules *rules, const ProtobufCMessage *a,
                       const ProtobufCMessage *b, struct ek_difference *ret_difference,
                       bool *ret_in_part)
{
        struct walk walk = {.rules = rules, .visit = keep, .data = ret_difference};

        return compare(&walk, a, b, ret_in_part);
}
