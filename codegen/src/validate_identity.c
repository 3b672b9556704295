/* SPDX-License-Identifier: MIT */
/*
 * The rules for identities, by which objects are told apart where pointers point to them.
 */
#include <string.h>

#include "binding.h"
#include "validate.h"

#define TYPE(name) GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_##name
#define IDENTITY_OPTION 5 /* numbers in FieldOptions */
#define REFERENCE_OPTION 6
#define SECRET_OPTION 2

static void check_identity(const struct ek_message *message, const struct ek_field *field,
                           struct ek_problems *problems)
{
        struct ek_place place =
                ek_place_below(&field->place, 8, EK_OPTION_EKIDEN_NUMBER, IDENTITY_OPTION, -1);
        struct ek_place value = ek_place_below(&field->place, 7, -1, -1, -1);
        struct ek_place secret =
                ek_place_below(&field->place, 8, EK_OPTION_EKIDEN_NUMBER, SECRET_OPTION, -1);

        if (field->proto->type != TYPE(UINT64) || field->repeated || field->required ||
            field->oneof != NULL || message->file->proto3)
                ek_problem(problems, &place,
                           "identity field \"%s\" is no optional uint64 of a proto2 message "
                           "outside a oneof: make it one, or remove `identity`",
                           field->name);
        if (field != message->identity)
                ek_problem(problems, &place,
                           "message %s has an identity field already, \"%s\": remove one of them",
                           message->proto->name, message->identity->name);
        if (field->proto->default_value != NULL)
                ek_problem(problems, &value,
                           "identity field \"%s\" has a default: remove it; the library fills it",
                           field->name);
        if (field->secret)
                ek_problem(problems, &secret,
                           "identity field \"%s\" is no secret: remove `secret`; the library fills "
                           "it, anew in each upgrade",
                           field->name);
}

static void check_reference(const struct ek_field *field, struct ek_problems *problems)
{
        struct ek_place place =
                ek_place_below(&field->place, 8, EK_OPTION_EKIDEN_NUMBER, REFERENCE_OPTION, -1);

        if (field->message == NULL || field->message->is_map_entry)
                ek_problem(problems, &place,
                           "`reference` is for a field whose value is a message, and \"%s\" is "
                           "none: remove it",
                           field->name);
        else if (field->message->identity == NULL)
                ek_problem(problems, &place,
                           "`reference` is for pointers, and message %s has no identity: give it "
                           "an identity field, or remove `reference`",
                           field->message->proto->name);
}

void ek_validate_identities(const struct ek_message *message, struct ek_problems *problems)
{
        for (size_t i = 0; i < message->field_count; i++) {
                const struct ek_field *field = &message->fields[i];
                struct ek_place label = ek_place_below(&field->place, 4, -1, -1, -1);

                if (field->identity)
                        check_identity(message, field, problems);
                else if (message->identity != NULL && field->required)
                        ek_problem(problems, &label,
                                   "message %s has an identity, and crosses as that alone where "
                                   "it is pointed to: make \"%s\" optional",
                                   message->proto->name, field->name);
                if (ek_binding_field_options(field)->reference)
                        check_reference(field, problems);
        }
}

void ek_validate_objects(const struct ek_schema *schema, struct ek_problems *problems)
{
        for (size_t i = 0; i < schema->item_count; i++) {
                const struct ek_item *objects = &schema->items[i];
                struct ek_place place = ek_place_below(&objects->message->place, 1, -1, -1, -1);

                if (!objects->objects)
                        continue;
                if (strlen(objects->name) > EK_ITEM_NAME_MAX)
                        ek_problem(problems, &place,
                                   "objects of message %s are an item of that name, and it has "
                                   "more than %d characters: rename the message, or move it out",
                                   objects->name, EK_ITEM_NAME_MAX);
                for (size_t k = 0; k < i; k++)
                        if (strcmp(schema->items[k].name, objects->name) == 0)
                                ek_problem(problems, &place,
                                           "objects of message %s are an item of that name, and "
                                           "there is %s: rename one of them",
                                           objects->message->full_name,
                                           schema->items[k].objects
                                                   ? ek_memory_printf(
                                                             problems->arena, "message %s",
                                                             schema->items[k].message->full_name)
                                                   : "an item that has it already");
        }
}
