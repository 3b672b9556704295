/* SPDX-License-Identifier: MIT */
/*
 * protoc-c changes names on their way into C, so that two that differ in the .proto file may be one
 * there: types, functions and constants. For members of structs see validate_members.c.
 */
#include <string.h>

#include "clash.h"
#include "names.h"
#include "validate.h"

static void add_type(struct ek_clash *clash, const char *kind, const char *full_name,
                     const struct ek_place *place)
{
        struct ek_place name = ek_place_below(place, 1, -1, -1, -1);

        ek_clash_add(clash, ek_name_type(clash->arena, full_name),
                     ek_memory_printf(clash->arena, "%s %s", kind, full_name), &name);
}

/* Types of messages, enums and oneofs: all in one name space. */
static void check_types(struct ek_clash *clash, const struct ek_file *file,
                        struct ek_problems *problems)
{
        for (const struct ek_message *message = file->messages; message != NULL;
             message = message->next) {
                add_type(clash, "message", message->full_name, &message->place);
                for (size_t i = 0; i < message->proto->n_oneof_decl; i++) {
                        struct ek_place place =
                                ek_place_below(&message->place, 8, (int32_t)i, -1, -1);

                        add_type(clash, "oneof",
                                 ek_memory_printf(clash->arena, "%s.%sCase", message->full_name,
                                                  message->proto->oneof_decl[i]->name),
                                 &place);
                }
        }
        for (const struct ek_enum *type = file->enums; type != NULL; type = type->next)
                add_type(clash, "enum", type->full_name, &type->place);
        ek_clash_report(clash, problems);
}

/* Functions and descriptors. Here types may meet that did not as types: FOo and Foo… */
static void check_functions(struct ek_clash *clash, const struct ek_file *file,
                            struct ek_problems *problems)
{
        for (const struct ek_message *message = file->messages; message != NULL;
             message = message->next) {
                struct ek_place place = ek_place_below(&message->place, 1, -1, -1, -1);

                ek_clash_add(clash, message->lower_name,
                             ek_memory_printf(clash->arena, "message %s", message->full_name),
                             &place);
        }
        for (const struct ek_enum *type = file->enums; type != NULL; type = type->next) {
                struct ek_place place = ek_place_below(&type->place, 1, -1, -1, -1);

                ek_clash_add(clash, ek_name_lower(clash->arena, type->full_name),
                             ek_memory_printf(clash->arena, "enum %s", type->full_name), &place);
        }
        ek_clash_report(clash, problems);
}

static void add_oneof_fields(struct ek_clash *clash, const struct ek_message *message,
                             const char *oneof, const char *prefix)
{
        for (size_t i = 0; i < message->field_count; i++) {
                const struct ek_field *field = &message->fields[i];
                struct ek_place place = ek_place_below(&field->place, 1, -1, -1, -1);

                if (field->oneof == NULL || strcmp(field->oneof, oneof) != 0)
                        continue;
                ek_clash_add(clash,
                             ek_memory_printf(clash->arena, "%s_%s", prefix,
                                              ek_name_upper(clash->arena, field->name)),
                             ek_memory_printf(clash->arena, "field \"%s\"", field->name), &place);
        }
}

/* Enumeration constants: of enums, and of oneofs, which say there what is set. */
static void check_constants(struct ek_clash *clash, const struct ek_file *file,
                            struct ek_problems *problems)
{
        struct ek_memory *arena = clash->arena;

        for (const struct ek_message *message = file->messages; message != NULL;
             message = message->next)
                for (size_t i = 0; i < message->proto->n_oneof_decl; i++) {
                        const char *oneof = message->proto->oneof_decl[i]->name;
                        const char *prefix = ek_memory_printf(
                                arena, "%s__%s", ek_name_upper(arena, message->full_name),
                                ek_name_upper(arena, oneof));
                        struct ek_place place =
                                ek_place_below(&message->place, 8, (int32_t)i, 1, -1);

                        ek_clash_add(clash, ek_memory_printf(arena, "%s__NOT_SET", prefix),
                                     ek_memory_printf(arena, "oneof \"%s\"", oneof), &place);
                        add_oneof_fields(clash, message, oneof, prefix);
                }
        for (const struct ek_enum *type = file->enums; type != NULL; type = type->next) {
                const char *prefix = ek_name_upper(arena, type->full_name);

                for (size_t i = 0; i < type->proto->n_value; i++) {
                        const char *name = type->proto->value[i]->name;
                        struct ek_place place = ek_place_below(&type->place, 2, (int32_t)i, 1, -1);

                        ek_clash_add(clash, ek_memory_printf(arena, "%s__%s", prefix, name),
                                     ek_memory_printf(arena, "value \"%s\"", name), &place);
                }
        }
        ek_clash_report(clash, problems);
}

void ek_validate_names(struct ek_schema *schema, struct ek_problems *problems)
{
        struct ek_clash clash = {.arena = schema->model->arena};
        size_t count = problems->count;

        check_types(&clash, schema->file, problems);
        if (problems->count == count) { /* else it would say the same again */
                check_functions(&clash, schema->file, problems);
                check_constants(&clash, schema->file, problems);
        }
}
