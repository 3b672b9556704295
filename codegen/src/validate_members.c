/* SPDX-License-Identifier: MIT */
/*
 * What protoc-c makes of fields: members of a struct, with names that may meet, or that C and C++
 * do not give away.
 */
#include <string.h>

#include "clash.h"
#include "names.h"
#include "validate.h"

static void check_word(const struct ek_field *field, const char *member,
                       const struct ek_place *place, struct ek_problems *problems)
{
        if (ek_name_is_word(member))
                ek_problem(
                        problems, place,
                        "field \"%s\": \"%s\" means something else in C or C++, and protoc-c does "
                        "not change it: rename the field",
                        field->name, member);
}

static void add_member(struct ek_clash *clash, const struct ek_field *field, bool proto3,
                       struct ek_problems *problems)
{
        struct ek_memory *arena = clash->arena;
        const char *member = ek_name_member(arena, field->name);
        struct ek_place place = ek_place_below(&field->place, 1, -1, -1, -1);
        const char *what = ek_memory_printf(arena, "field \"%s\"", field->name);
        const int type = (int)field->proto->type;

        check_word(field, member, &place, problems);
        ek_clash_add(clash, member, what, &place);
        if (field->repeated)
                ek_clash_add(clash, ek_memory_printf(arena, "n_%s", member),
                             ek_memory_printf(arena, "the count of field \"%s\"", field->name),
                             &place);
        else if (!field->required && !proto3 && field->oneof == NULL && field->message == NULL &&
                 type != GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_STRING)
                ek_clash_add(clash, ek_memory_printf(arena, "has_%s", member),
                             ek_memory_printf(arena, "the presence of field \"%s\"", field->name),
                             &place);
}

void ek_validate_members(struct ek_memory *arena, const struct ek_message *message,
                         struct ek_problems *problems)
{
        struct ek_clash clash = {.arena = arena};

        ek_clash_add(&clash, "base", "the base of every message", &message->place);
        for (size_t i = 0; i < message->proto->n_oneof_decl; i++) {
                struct ek_place place = ek_place_below(&message->place, 8, (int32_t)i, 1, -1);
                const char *oneof = message->proto->oneof_decl[i]->name;

                ek_clash_add(&clash,
                             ek_memory_printf(arena, "%s_case", ek_name_lower(arena, oneof)),
                             ek_memory_printf(arena, "oneof \"%s\"", oneof), &place);
        }
        for (size_t i = 0; i < message->field_count; i++)
                add_member(&clash, &message->fields[i], message->file->proto3, problems);
        ek_clash_report(&clash, problems);
}
