/* SPDX-License-Identifier: MIT */
/*
 * A fingerprint is the SHA-256 of a canonical text, which anybody can write down and hash again. It
 * has what decides how state is stored and what it means, and nothing else: no comments, no order
 * of declaration, no file names, no types that no item uses, no `packed`, `deprecated`, `secret`,
 * `untold` or JSON names.
 *
 * An item's shape is the SHA-256 of:
 *
 *     ekiden-shape 1
 *     message 0 proto2
 *     field 1 optional uint64 id
 *     field 2 repeated message 1 addresses
 *     field 3 optional enum 0 state default 4:OPEN
 *     field 4 oneof 6:medium int32 connection descriptor
 *     message 1 proto2
 *     …
 *     enum 0 proto2
 *     value 0 OPEN
 *     …
 *
 * each line with a newline at its end. Message 0 is the item's message; other messages, and enums,
 * have numbers in the order in which the fields of the messages above mention them first, and no
 * names: they may be renamed, or come from another package. Fields go by number; values by number,
 * then by name. A field's line has, in this order: its number; `required`, `optional`, `repeated`,
 * `implicit` (proto3: there is no presence) or `oneof LENGTH:NAME`; its type; its name; `default
 * LENGTH:VALUE`, as the descriptor's default_value has it, where the file states one; `descriptor`
 * or `identity`, where the field is one, or `arena NAME`, where its bytes lie in one.
 * In a proto2 message an enum field that is not repeated has a default in any case: where the file
 * states none it is the enum's first value, in the order of declaration, and is written likewise.
 *
 * A schema's fingerprint is the SHA-256 of:
 *
 *     ekiden-schema 1
 *     program counter
 *     version 2
 *     item clients singleton key 0 shape 5e0c…(64 digits)
 *     …
 *
 * with the items by name, and the number of the key field, 0 for none. Message types with an
 * identity that items can hold are among them, by their name in the package: `item Bar objects key
 * 0 shape …`. Released schemas are frozen by it: a change of the texts above would thaw them all,
 * so there is none without a new number in the first line.
 */
#include "fingerprint.h"

#include <stdlib.h>
#include <string.h>

#include <nettle/sha2.h>

#define TYPE_COUNT 19

/* By FieldDescriptorProto.Type. */
static const char *const type_names[TYPE_COUNT] = {
        "",        "double",   "float",    "int64",  "uint64",  "int32", "fixed64",
        "fixed32", "bool",     "string",   "group",  "message", "bytes", "uint32",
        "enum",    "sfixed32", "sfixed64", "sint32", "sint64",
};

/* The enums that were mentioned, in that order. */
struct enums {
        struct enum_mention {
                const struct ek_enum *enumeration;
                bool proto3;
        } * list;
        size_t count;
};

static size_t enum_index(struct enums *enums, const struct ek_enum *enumeration, bool proto3)
{
        size_t i = 0;

        while (i < enums->count && enums->list[i].enumeration != enumeration)
                i++;
        if (i == enums->count)
                enums->list[enums->count++] = (struct enum_mention){enumeration, proto3};
        return i;
}

static void add_label(struct ek_text *text, const struct ek_field *field, bool proto3)
{
        if (field->oneof != NULL)
                ek_text_printf(text, "oneof %zu:%s", strlen(field->oneof), field->oneof);
        else if (field->repeated)
                ek_text_add_string(text, "repeated");
        else if (field->required)
                ek_text_add_string(text, "required");
        else
                ek_text_add_string(text,
                                   proto3 && field->message == NULL ? "implicit" : "optional");
}

/* The default that an absent field has, or NULL where its type alone decides. */
static const char *default_value(const struct ek_field *field, bool proto3)
{
        if (field->proto->default_value != NULL)
                return field->proto->default_value;
        if (field->enumeration == NULL || field->repeated || proto3 ||
            field->enumeration->proto->n_value == 0)
                return NULL;
        return field->enumeration->proto->value[0]->name;
}

static void add_field(struct ek_text *text, const struct ek_field *field, bool proto3,
                      struct enums *enums)
{
        const char *value = default_value(field, proto3);

        ek_text_printf(text, "field %u ", field->number);
        add_label(text, field, proto3);
        ek_text_printf(text, " %s", type_names[field->proto->type]);
        if (field->message != NULL)
                ek_text_printf(text, " %u", field->message->visit);
        if (field->enumeration != NULL)
                ek_text_printf(text, " %zu", enum_index(enums, field->enumeration, proto3));
        ek_text_printf(text, " %s", field->name);
        if (value != NULL)
                ek_text_printf(text, " default %zu:%s", strlen(value), value);
        ek_text_printf(text, "%s",
                       field->descriptor ? " descriptor"
                       : field->identity ? " identity"
                                         : "");
        if (field->arena != NULL)
                ek_text_printf(text, " arena %s", field->arena);
        ek_text_add_string(text, "\n");
}

static int compare_values(const void *left, const void *right)
{
        const Google__Protobuf__EnumValueDescriptorProto *a =
                *(Google__Protobuf__EnumValueDescriptorProto *const *)left;
        const Google__Protobuf__EnumValueDescriptorProto *b =
                *(Google__Protobuf__EnumValueDescriptorProto *const *)right;

        if (a->number != b->number)
                return a->number < b->number ? -1 : 1;
        return strcmp(a->name, b->name);
}

static void add_enum(struct ek_text *text, size_t index, const struct enum_mention *mention)
{
        const Google__Protobuf__EnumDescriptorProto *proto = mention->enumeration->proto;
        Google__Protobuf__EnumValueDescriptorProto **values =
                ek_memory_alloc(text->arena, proto->n_value, sizeof(*values));

        ek_text_printf(text, "enum %zu %s\n", index, mention->proto3 ? "proto3" : "proto2");
        if (proto->n_value == 0)
                return;
        memcpy(values, proto->value, proto->n_value * sizeof(*values));
        qsort(values, proto->n_value, sizeof(*values), compare_values);
        for (size_t i = 0; i < proto->n_value; i++)
                ek_text_printf(text, "value %d %s\n", values[i]->number, values[i]->name);
}

void ek_fingerprint_message(struct ek_model *model, struct ek_message *message,
                            struct ek_text *text)
{
        struct ek_reach reach = ek_model_reach(model, message);
        struct enums enums = {0};
        size_t field_count = 0;

        for (size_t i = 0; i < reach.count; i++)
                field_count += reach.messages[i]->field_count;
        enums.list = ek_memory_alloc(text->arena, field_count, sizeof(*enums.list));
        ek_text_add_string(text, "ekiden-shape 1\n");
        for (size_t i = 0; i < reach.count; i++) {
                bool proto3 = reach.messages[i]->file->proto3;

                ek_text_printf(text, "message %zu %s\n", i, proto3 ? "proto3" : "proto2");
                for (size_t k = 0; k < reach.messages[i]->field_count; k++)
                        add_field(text, reach.messages[i]->sorted[k], proto3, &enums);
        }
        for (size_t i = 0; i < enums.count; i++)
                add_enum(text, i, &enums.list[i]);
}

void ek_fingerprint_schema(const struct ek_schema *schema, struct ek_text *text)
{
        ek_text_printf(text, "ekiden-schema 1\nprogram %s\nversion %u\n", schema->program,
                       schema->version);
        for (size_t i = 0; i < schema->item_count; i++) {
                const struct ek_item *item = &schema->items[i];

                ek_text_printf(text, "item %s %s key %u shape ", item->name,
                               item->objects  ? "objects"
                               : item->stream ? "stream"
                                              : "singleton",
                               item->key);
                for (size_t k = 0; k < EK_FINGERPRINT_SIZE; k++)
                        ek_text_printf(text, "%02x", item->shape[k]);
                ek_text_add_string(text, "\n");
        }
}

static void hash(const struct ek_text *text, uint8_t ret_digest[EK_FINGERPRINT_SIZE])
{
        struct sha256_ctx context;

        sha256_init(&context);
        sha256_update(&context, text->length, (const uint8_t *)text->bytes);
        sha256_digest(&context, EK_FINGERPRINT_SIZE, ret_digest);
}

void ek_fingerprint(struct ek_schema *schema)
{
        struct ek_text text;

        for (size_t i = 0; i < schema->item_count; i++) {
                ek_text_init(&text, schema->model->arena);
                ek_fingerprint_message(schema->model, schema->items[i].message, &text);
                hash(&text, schema->items[i].shape);
        }
        ek_text_init(&text, schema->model->arena);
        ek_fingerprint_schema(schema, &text);
        hash(&text, schema->fingerprint);
}
