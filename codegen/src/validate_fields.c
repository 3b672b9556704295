/* SPDX-License-Identifier: MIT */
/*
 * The rules for messages and their fields.
 */
#include <string.h>

#include "validate.h"

#define TYPE(name) GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_##name

/* Why a field cannot identify a record, or NULL. */
static const char *key_fault(const struct ek_field *field)
{
        if (field->repeated)
                return "it is repeated";
        if (field->descriptor)
                return "it is a descriptor, whose number changes when it crosses";
        if (field->identity)
                return "it is the identity, which is another one in each upgrade";
        if (field->arena != NULL)
                return "it lies in an arena";
        if (field->oneof != NULL)
                return "it is in a oneof";
        if (field->message != NULL)
                return "it is a message";
        if (field->proto->type == TYPE(FLOAT) || field->proto->type == TYPE(DOUBLE))
                return "it is floating point";
        return NULL;
}

void ek_validate_key(const struct ek_item *item, struct ek_problems *problems)
{
        struct ek_place place = ek_place_below(&item->place, 3, -1, -1, -1);
        const struct ek_field *field;
        const char *fault;

        if (item->key_name == NULL)
                return;
        if (!item->stream) {
                ek_problem(problems, &place,
                           "a singleton has no key: add `stream: true`, or remove `key`");
                return;
        }
        field = ek_model_field(item->message, item->key_name);
        if (field == NULL) {
                ek_problem(problems, &place,
                           "message %s has no field \"%s\" to be the key: name one that it has",
                           item->message->proto->name, item->key_name);
                return;
        }
        fault = key_fault(field);
        if (fault != NULL)
                ek_problem(problems, &place,
                           "field \"%s\" cannot be the key, because %s: choose an integer, bool, "
                           "enum, string or bytes field of %s",
                           field->name, fault, item->message->proto->name);
}

void ek_validate_records(struct ek_schema *schema, const struct ek_item *item,
                         struct ek_problems *problems)
{
        struct ek_reach reach;

        if (item->key_name == NULL)
                return;
        reach = ek_model_reach(schema->model, item->message);
        for (size_t i = 0; i < reach.count; i++)
                for (size_t k = 0; k < reach.messages[i]->field_count; k++) {
                        const struct ek_field *field = &reach.messages[i]->fields[k];
                        struct ek_place place = ek_place_below(&field->place, 4, -1, -1, -1);

                        if (field->required)
                                ek_problem(problems, &place,
                                           "records of keyed item \"%s\" have no required fields: "
                                           "make \"%s\" optional",
                                           item->name, field->name);
                }
}

static void check_descriptor(const struct ek_field *field, struct ek_problems *problems)
{
        struct ek_place place = ek_place_below(&field->place, 8, EK_OPTION_EKIDEN_NUMBER, 1, -1);
        struct ek_place value = ek_place_below(&field->place, 7, -1, -1, -1);

        if (field->message != NULL && field->message->is_map_entry)
                ek_problem(problems, &place,
                           "a map cannot hold descriptors: use a repeated message with an int32 "
                           "field");
        else if (field->proto->type != TYPE(INT32))
                ek_problem(problems, &place,
                           "descriptor field \"%s\" is not int32: make it int32, or remove "
                           "`descriptor`",
                           field->name);
        if (field->proto->default_value != NULL)
                ek_problem(problems, &value,
                           "descriptor field \"%s\" has a default: remove it; absent means no "
                           "descriptor",
                           field->name);
}

/* protoc-c writes `nan`, `inf` and `-inf` as they are, and in C they are names of nothing. */
static void check_default(const struct ek_field *field, struct ek_problems *problems)
{
        const char *value = field->proto->default_value;
        struct ek_place place = ek_place_below(&field->place, 7, -1, -1, -1);

        if (value == NULL ||
            (field->proto->type != TYPE(FLOAT) && field->proto->type != TYPE(DOUBLE)))
                return;
        if (strcmp(value, "nan") == 0 || strcmp(value, "inf") == 0 || strcmp(value, "-inf") == 0)
                ek_problem(problems, &place,
                           "protoc-c cannot do `default = %s`: remove it from \"%s\", and let the "
                           "program say what absent means",
                           value, field->name);
}

static void check_field(const struct ek_field *field, struct ek_problems *problems)
{
        struct ek_place option = ek_place_below(&field->place, 8, EK_OPTION_EKIDEN_NUMBER, -1, -1);
        struct ek_place place = ek_place_below(&field->place, 4, -1, -1, -1);

        ek_validate_option(&field->option, "ekiden.field", &option, problems);
        if (field->descriptor)
                check_descriptor(field, problems);
        check_default(field, problems);
        if (field->proto->proto3_optional)
                ek_problem(problems, &place,
                           "protoc-c cannot do proto3 `optional`: remove it from \"%s\", or write "
                           "the schema in proto2",
                           field->name);
        if (field->proto->type == TYPE(GROUP))
                ek_problem(problems, &field->place,
                           "protoc-c cannot do groups: make \"%s\" a message of its own",
                           field->name);
        if (field->proto->options != NULL && ek_option_changes_c(&field->proto->options->base)) {
                option.path[option.length - 1] = EK_OPTION_PROTOBUF_C_NUMBER;
                ek_problem(problems, &option,
                           "option (pb_c_field) changes what protoc-c writes: remove it");
        }
}

static void check_message_option(struct ek_schema *schema, const struct ek_message *message,
                                 struct ek_problems *problems)
{
        struct ek_place option =
                ek_place_below(&message->place, 7, EK_OPTION_EKIDEN_NUMBER, -1, -1);

        struct ek_place more = ek_place_below(&message->place, 7, EK_OPTION_MESSAGE_NUMBER, -1, -1);

        ek_validate_option(&message->option, "ekiden.item", &option, problems);
        ek_validate_option(&message->message_option, "ekiden.message", &more, problems);
        if (message->option.state != EK_OPTION_ABSENT && message->file != schema->file &&
            message->file->option.state == EK_OPTION_ABSENT)
                ek_problem(problems, &option,
                           "an item outside a schema: move message %s to the file with option "
                           "(ekiden.program), or remove option (ekiden.item)",
                           message->proto->name);
        if (message->proto->options != NULL &&
            ek_option_changes_c(&message->proto->options->base)) {
                option.path[option.length - 1] = EK_OPTION_PROTOBUF_C_NUMBER;
                ek_problem(problems, &option,
                           "option (pb_c_msg) changes what protoc-c writes: remove it");
        }
}

static void check_oneof_options(const struct ek_message *message, struct ek_problems *problems)
{
        for (size_t i = 0; i < message->proto->n_oneof_decl; i++) {
                struct ek_place place =
                        ek_place_below(&message->place, 8, (int32_t)i, 2, EK_OPTION_EKIDEN_NUMBER);

                ek_validate_option(&message->oneof_options[i], "ekiden.oneof", &place, problems);
        }
}

static void check_message(struct ek_schema *schema, struct ek_message *message,
                          struct ek_problems *problems)
{
        check_message_option(schema, message, problems);
        check_oneof_options(message, problems);
        for (size_t i = 0; i < message->proto->n_extension_range; i++) {
                struct ek_place place = ek_place_below(&message->place, 5, (int32_t)i, -1, -1);

                ek_problem(problems, &place,
                           "a schema has no extensions: declare the fields in message %s itself",
                           message->proto->name);
        }
        for (size_t i = 0; i < message->proto->n_extension; i++) {
                struct ek_place place = ek_place_below(&message->place, 6, (int32_t)i, -1, -1);

                ek_problem(problems, &place,
                           "a schema has no extensions: declare the field in the message itself");
        }
        if (message->proto->options != NULL && message->proto->options->message_set_wire_format) {
                struct ek_place place = ek_place_below(&message->place, 7, 1, -1, -1);

                ek_problem(problems, &place,
                           "protoc-c cannot do message_set_wire_format: remove it");
        }
        for (size_t i = 0; i < message->field_count; i++)
                check_field(&message->fields[i], problems);
        ek_validate_members(schema->model->arena, message, problems);
        ek_validate_identities(message, problems);
        ek_validate_untold(message, problems);
        ek_validate_binding(schema, message, problems);
        for (size_t i = 0; i < message->field_count; i++)
                if (message->fields[i].enumeration != NULL)
                        ek_validate_enum(message->fields[i].enumeration, problems);
}

/* What changes protoc-c's output. */
static void check_c_options(const struct ek_file *file, struct ek_problems *problems)
{
        const Google__Protobuf__FileOptions *options = file->proto->options;
        struct ek_place changed =
                ek_place_below(&file->place, 8, EK_OPTION_PROTOBUF_C_NUMBER, -1, -1);
        struct ek_place optimized = ek_place_below(&file->place, 8, 9, -1, -1);

        if (options == NULL)
                return;
        if (options->optimize_for == GOOGLE__PROTOBUF__FILE_OPTIONS__OPTIMIZE_MODE__CODE_SIZE)
                ek_problem(problems, &optimized,
                           "optimize_for = CODE_SIZE leaves out the names that Ekiden needs: "
                           "remove it");
        if (ek_option_changes_c(&options->base))
                ek_problem(problems, &changed,
                           "option (pb_c_file) changes what protoc-c writes: remove it");
}

void ek_validate_messages(struct ek_schema *schema, struct ek_problems *problems)
{
        check_c_options(schema->file, problems);
        ek_validate_program_binding(schema->file, problems);
        ek_validate_objects(schema, problems);
        ek_validate_bound_used(schema, problems);
        for (struct ek_message *message = schema->file->messages; message != NULL;
             message = message->next)
                check_message(schema, message, problems);
        for (size_t i = 0; i < schema->item_count; i++) {
                struct ek_reach reach = ek_model_reach(schema->model, schema->items[i].message);

                for (size_t k = 0; k < reach.count; k++) {
                        struct ek_message *message = reach.messages[k];

                        if (message->file == schema->file)
                                continue;
                        check_c_options(message->file, problems);
                        check_message(schema, message, problems);
                }
        }
}
