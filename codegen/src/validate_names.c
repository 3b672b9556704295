/* SPDX-License-Identifier: MIT */
/*
 * protoc-c changes names on their way into C, so that two that differ in the .proto file may be one
 * there. The C compiler would say so too, but in a file that nobody wrote.
 */
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "validate.h"

struct name {
        const char *c_name;
        const char *what; /* in the .proto file */
        struct ek_place place;
        size_t order;
};

struct names {
        struct ek_arena *arena;
        struct name *list;
        size_t count, size;
};

static void names_add(struct names *names, const char *c_name, const char *what,
                      const struct ek_place *place)
{
        if (names->count == names->size) {
                size_t size = names->size == 0 ? 32 : names->size * 2;
                struct name *list = ek_arena_alloc(names->arena, size, sizeof(*list));

                if (names->count > 0)
                        memcpy(list, names->list, names->count * sizeof(*list));
                names->list = list;
                names->size = size;
        }
        names->list[names->count] = (struct name){c_name, what, *place, names->count};
        names->count++;
}

static int compare_names(const void *left, const void *right)
{
        const struct name *a = left, *b = right;
        int result = strcmp(a->c_name, b->c_name);

        if (result != 0)
                return result;
        return a->order < b->order ? -1 : a->order > b->order;
}

/* Reports every name but the first of those that are the same, and starts anew. */
static void names_check(struct names *names, struct ek_problems *problems)
{
        size_t first = 0;

        if (names->count > 0)
                qsort(names->list, names->count, sizeof(names->list[0]), compare_names);
        for (size_t i = 1; i < names->count; i++) {
                const struct name *name = &names->list[i];

                if (strcmp(name->c_name, names->list[first].c_name) != 0)
                        first = i;
                else
                        ek_problem(problems, &name->place,
                                   "in C, %s and %s are both called \"%s\": rename one of them",
                                   name->what, names->list[first].what, name->c_name);
        }
        names->count = 0;
}

static void add_member(struct names *names, const struct ek_field *field, bool proto3)
{
        struct ek_arena *arena = names->arena;
        const char *member = ek_name_member(arena, field->name);
        struct ek_place place = ek_place_below(&field->place, 1, -1, -1, -1);
        const char *what = ek_arena_printf(arena, "field \"%s\"", field->name);
        const int type = (int)field->proto->type;

        names_add(names, member, what, &place);
        if (field->repeated)
                names_add(names, ek_arena_printf(arena, "n_%s", member),
                          ek_arena_printf(arena, "the count of field \"%s\"", field->name), &place);
        else if (!field->required && !proto3 && field->oneof == NULL && field->message == NULL &&
                 type != GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_STRING)
                names_add(names, ek_arena_printf(arena, "has_%s", member),
                          ek_arena_printf(arena, "the presence of field \"%s\"", field->name),
                          &place);
}

/* The members of a message's struct. */
static void check_members(struct names *names, const struct ek_message *message,
                          struct ek_problems *problems)
{
        names_add(names, "base", "the base of every message", &message->place);
        for (size_t i = 0; i < message->proto->n_oneof_decl; i++) {
                struct ek_place place = ek_place_below(&message->place, 8, (int32_t)i, 1, -1);
                const char *oneof = message->proto->oneof_decl[i]->name;

                names_add(names,
                          ek_arena_printf(names->arena, "%s_case",
                                          ek_name_lower(names->arena, oneof)),
                          ek_arena_printf(names->arena, "oneof \"%s\"", oneof), &place);
        }
        for (size_t i = 0; i < message->field_count; i++)
                add_member(names, &message->fields[i], message->file->proto3);
        names_check(names, problems);
}

static void add_type(struct names *names, const char *kind, const char *full_name,
                     const struct ek_place *place)
{
        struct ek_place name = ek_place_below(place, 1, -1, -1, -1);

        names_add(names, ek_name_type(names->arena, full_name),
                  ek_arena_printf(names->arena, "%s %s", kind, full_name), &name);
}

/* Types of messages, enums and oneofs: all in one name space. */
static void check_types(struct names *names, const struct ek_file *file,
                        struct ek_problems *problems)
{
        for (const struct ek_message *message = file->messages; message != NULL;
             message = message->next) {
                add_type(names, "message", message->full_name, &message->place);
                for (size_t i = 0; i < message->proto->n_oneof_decl; i++) {
                        struct ek_place place =
                                ek_place_below(&message->place, 8, (int32_t)i, -1, -1);

                        add_type(names, "oneof",
                                 ek_arena_printf(names->arena, "%s.%sCase", message->full_name,
                                                 message->proto->oneof_decl[i]->name),
                                 &place);
                }
        }
        for (const struct ek_enum *type = file->enums; type != NULL; type = type->next)
                add_type(names, "enum", type->full_name, &type->place);
        names_check(names, problems);
}

/* Functions and descriptors. Here types may meet that did not as types: FOo and Foo… */
static void check_functions(struct names *names, const struct ek_file *file,
                            struct ek_problems *problems)
{
        for (const struct ek_message *message = file->messages; message != NULL;
             message = message->next) {
                struct ek_place place = ek_place_below(&message->place, 1, -1, -1, -1);

                names_add(names, message->lower_name,
                          ek_arena_printf(names->arena, "message %s", message->full_name), &place);
        }
        for (const struct ek_enum *type = file->enums; type != NULL; type = type->next) {
                struct ek_place place = ek_place_below(&type->place, 1, -1, -1, -1);

                names_add(names, ek_name_lower(names->arena, type->full_name),
                          ek_arena_printf(names->arena, "enum %s", type->full_name), &place);
        }
        names_check(names, problems);
}

static void add_oneof_fields(struct names *names, const struct ek_message *message,
                             const char *oneof, const char *prefix)
{
        for (size_t i = 0; i < message->field_count; i++) {
                const struct ek_field *field = &message->fields[i];
                struct ek_place place = ek_place_below(&field->place, 1, -1, -1, -1);

                if (field->oneof == NULL || strcmp(field->oneof, oneof) != 0)
                        continue;
                names_add(names,
                          ek_arena_printf(names->arena, "%s_%s", prefix,
                                          ek_name_upper(names->arena, field->name)),
                          ek_arena_printf(names->arena, "field \"%s\"", field->name), &place);
        }
}

/* Enumeration constants: of enums, and of oneofs, which say there what is set. */
static void check_constants(struct names *names, const struct ek_file *file,
                            struct ek_problems *problems)
{
        struct ek_arena *arena = names->arena;

        for (const struct ek_message *message = file->messages; message != NULL;
             message = message->next)
                for (size_t i = 0; i < message->proto->n_oneof_decl; i++) {
                        const char *oneof = message->proto->oneof_decl[i]->name;
                        const char *prefix = ek_arena_printf(
                                arena, "%s__%s", ek_name_upper(arena, message->full_name),
                                ek_name_upper(arena, oneof));
                        struct ek_place place =
                                ek_place_below(&message->place, 8, (int32_t)i, 1, -1);

                        names_add(names, ek_arena_printf(arena, "%s__NOT_SET", prefix),
                                  ek_arena_printf(arena, "oneof \"%s\"", oneof), &place);
                        add_oneof_fields(names, message, oneof, prefix);
                }
        for (const struct ek_enum *type = file->enums; type != NULL; type = type->next) {
                const char *prefix = ek_name_upper(arena, type->full_name);

                for (size_t i = 0; i < type->proto->n_value; i++) {
                        const char *name = type->proto->value[i]->name;
                        struct ek_place place = ek_place_below(&type->place, 2, (int32_t)i, 1, -1);

                        names_add(names, ek_arena_printf(arena, "%s__%s", prefix, name),
                                  ek_arena_printf(arena, "value \"%s\"", name), &place);
                }
        }
        names_check(names, problems);
}

void ek_validate_names(struct ek_schema *schema, struct ek_problems *problems)
{
        struct names names = {.arena = schema->model->arena};
        size_t count = problems->count;

        check_types(&names, schema->file, problems);
        if (problems->count == count) { /* else it would say the same again */
                check_functions(&names, schema->file, problems);
                check_constants(&names, schema->file, problems);
        }
        for (const struct ek_message *message = schema->file->messages; message != NULL;
             message = message->next)
                check_members(&names, message, problems);
}
