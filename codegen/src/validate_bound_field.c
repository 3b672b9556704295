/* SPDX-License-Identifier: MIT */
/*
 * The rules for a field of a bound message: which options go with which type, and with each other.
 */
#include <string.h>

#include "names.h"
#include "path.h"
#include "validate.h"

#define NAME_MAX_BYTES 63 /* of an item */
#define TYPE(name) GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_##name

/* Numbers in FieldOptions. */
enum {
        ARENA = 3,
        MEMBER = 16,
        ZT,
        LENGTH,
        FLEXIBLE,
        BITS,
        FUNCTION,
        CASE,
        CAPACITY,
};

static struct ek_place option_place(const struct ek_field *field, int number)
{
        return ek_place_below(&field->place, 8, EK_OPTION_EKIDEN_NUMBER, number, -1);
}

static void check_path(const char *path, const struct ek_place *place, struct ek_problems *problems)
{
        if (path != NULL && !ek_path_is_good(path))
                ek_problem(problems, place,
                           "\"%s\" is no member: write a name, or names with dots between them",
                           path);
}

/* What cannot be bound at all. */
static void check_type(const struct ek_binding *binding, const struct ek_field *field,
                       struct ek_problems *problems)
{
        struct ek_place place = ek_place_below(&field->place, 6, -1, -1, -1);

        if (field->message != NULL && field->message->is_map_entry)
                ek_problem(problems, &place,
                           "a map cannot be bound: make \"%s\" a repeated message with a key and a "
                           "value",
                           field->name);
        else if (field->message != NULL && !ek_binding_is(field->message))
                ek_problem(problems, &place,
                           "message %s is bound to a struct, and message %s in it is not: give it "
                           "option (ekiden.message) with c_struct",
                           binding->message->proto->name, field->message->proto->name);
        else if (field->repeated && field->proto->type == TYPE(BYTES))
                ek_problem(problems, &field->place,
                           "repeated bytes cannot be bound: make \"%s\" a repeated message with "
                           "one bytes field",
                           field->name);
}

static void check_room(const struct ek_bound_field *bound, struct ek_problems *problems)
{
        const struct ek_field *field = bound->field;
        struct ek_place length = option_place(field, LENGTH);
        struct ek_place flexible = option_place(field, FLEXIBLE);
        struct ek_place capacity = option_place(field, CAPACITY);
        struct ek_binding target;

        if (bound->options->length != NULL && !field->repeated && bound->kind != EK_BOUND_BYTES)
                ek_problem(problems, &length,
                           "`length` is for repeated fields and bytes, and \"%s\" is neither: "
                           "remove it",
                           field->name);
        if (bound->options->capacity != NULL &&
            (bound->options->length == NULL || bound->options->flexible))
                ek_problem(problems, &capacity,
                           "`capacity` is for a pointer with `length`, and \"%s\" is none: remove "
                           "it, or add `length`",
                           field->name);
        if (bound->options->flexible && bound->options->length == NULL)
                ek_problem(problems, &flexible,
                           "a flexible array member has no length of its own: add `length` to "
                           "\"%s\"",
                           field->name);
        if (bound->options->flexible && field->oneof != NULL)
                ek_problem(problems, &flexible,
                           "a flexible array member is in no union: move \"%s\" out of the oneof",
                           field->name);
        if (field->message == NULL || !ek_binding_is(field->message) ||
            field->message->identity != NULL)
                return;
        target = ek_binding_of(problems->arena, field->message);
        if (ek_binding_flexible(&target) != NULL)
                ek_problem(problems, &field->place,
                           "message %s has a flexible array member, and can only be pointed to: "
                           "give it an identity field",
                           field->message->proto->name);
}

/* How many bits a field holds; 0: it is no integer. */
static unsigned int bits_of(const struct ek_field *field)
{
        switch ((int)field->proto->type) {
        case TYPE(BOOL):
                return 1;
        case TYPE(INT32):
        case TYPE(SINT32):
        case TYPE(SFIXED32):
        case TYPE(UINT32):
        case TYPE(FIXED32):
                return 32;
        case TYPE(INT64):
        case TYPE(SINT64):
        case TYPE(SFIXED64):
        case TYPE(UINT64):
        case TYPE(FIXED64):
        case TYPE(ENUM):
                return 64;
        default:
                return 0;
        }
}

static void check_bits(const struct ek_bound_field *bound, struct ek_problems *problems)
{
        const struct ek_field *field = bound->field;
        struct ek_place place = option_place(field, BITS);
        const unsigned int most = field->repeated ? 0 : bits_of(field);

        if (most == 0 || field->descriptor)
                ek_problem(problems, &place,
                           "`bits` is for one integer, bool or enum, and \"%s\" is none: remove it",
                           field->name);
        else if (bound->options->bits == 0 || bound->options->bits > most)
                ek_problem(problems, &place,
                           "a bit-field of %u bits cannot be \"%s\": it has 1 to %u",
                           bound->options->bits, field->name, most);
}

static void check_text(const struct ek_bound_field *bound, struct ek_problems *problems)
{
        const struct ek_field *field = bound->field;
        const bool string = field->proto->type == TYPE(STRING);
        struct ek_place zt = option_place(field, ZT), function = option_place(field, FUNCTION);

        if (bound->options->zt && !string)
                ek_problem(problems, &zt, "`zt` is for strings, and \"%s\" is none: remove it",
                           field->name);
        if (bound->options->function == NULL)
                return;
        if (!string || field->repeated)
                ek_problem(problems, &function,
                           "`function` is for one string, the function's name, and \"%s\" is none: "
                           "remove it",
                           field->name);
        else if (bound->options->zt)
                ek_problem(problems, &zt,
                           "\"%s\" is a pointer to a function, and cannot be one to a string "
                           "besides: remove `zt`",
                           field->name);
        if (!ek_name_is_identifier(bound->options->function))
                ek_problem(problems, &function,
                           "\"%s\" is no name of a C array: `function` takes one",
                           bound->options->function);
}

/* As ekiden_tag_arena() gives it, and without what a C string or a line of text cannot have. */
static bool is_arena_name(const char *name)
{
        const size_t length = strlen(name);

        return length <= NAME_MAX_BYTES && ek_name_is_identifier(name);
}

/* An arena is tagged as an item is, and so must have a name of its own. */
static void check_arena_is_no_item(const struct ek_schema *schema, const struct ek_field *field,
                                   const struct ek_place *place, struct ek_problems *problems)
{
        for (size_t i = 0; i < schema->item_count; i++)
                if (strcmp(schema->items[i].name, field->arena) == 0)
                        ek_problem(problems, place,
                                   "arena \"%s\" is tagged under its name, and message %s is an "
                                   "item of that name: rename the arena",
                                   field->arena, schema->items[i].message->proto->name);
}

static void check_arena(const struct ek_schema *schema, const struct ek_bound_field *bound,
                        struct ek_problems *problems)
{
        const struct ek_field *field = bound->field;
        struct ek_place place = option_place(field, ARENA);

        if (bound->kind != EK_BOUND_BYTES || field->repeated)
                ek_problem(problems, &place,
                           "bytes lie in an arena, and \"%s\" is no bytes field: make it one, or "
                           "remove `arena`",
                           field->name);
        else if (bound->options->length == NULL || bound->options->flexible)
                ek_problem(problems, &place,
                           "what lies in an arena is behind a pointer with `length`, and \"%s\" is "
                           "none: add `length`, without `flexible`",
                           field->name);
        if (!is_arena_name(field->arena))
                ek_problem(problems, &place,
                           "\"%s\" cannot be an arena's name here: take a letter or '_', then "
                           "letters, digits or '_', %d characters at most",
                           field->arena, NAME_MAX_BYTES);
        check_arena_is_no_item(schema, field, &place, problems);
}

static void check_case(const struct ek_binding *binding, const struct ek_bound_field *bound,
                       struct ek_problems *problems)
{
        const struct ek_field *field = bound->field;
        const char *value = bound->options->c_case;
        struct ek_place place = option_place(field, CASE);

        if (bound->choice == NULL && value != NULL)
                ek_problem(problems, &place,
                           "`c_case` is for fields of a oneof, and \"%s\" is in none: remove it",
                           field->name);
        if (bound->choice == NULL)
                return;
        if (value == NULL) {
                ek_problem(problems, &field->place,
                           "\"%s\" is in a union, and nothing says when: add `c_case`",
                           field->name);
                return;
        }
        if (!ek_validate_is_constant(value))
                ek_problem(problems, &place,
                           "\"%s\" is no value of a discriminator: write an integer, or the name "
                           "of a C constant",
                           value);
        if (bound->choice->options->c_none != NULL &&
            strcmp(bound->choice->options->c_none, value) == 0)
                ek_problem(problems, &place,
                           "%s says that no member is in use: give \"%s\" another c_case", value,
                           field->name);
        for (size_t i = 0; i < bound->index; i++)
                if (binding->fields[i].choice == bound->choice &&
                    binding->fields[i].options->c_case != NULL &&
                    strcmp(binding->fields[i].options->c_case, value) == 0)
                        ek_problem(problems, &place,
                                   "%s is the c_case of \"%s\" already: give \"%s\" another", value,
                                   binding->fields[i].field->name, field->name);
}

/* The name of an option that binds a member, if the field has one, and its number. */
static const char *binding_option(const Ekiden__FieldOptions *options, int *ret_number)
{
        const struct {
                bool given;
                const char *name;
                int number;
        } list[] = {
                {options->arena != NULL, "arena", ARENA},
                {options->c_member != NULL, "c_member", MEMBER},
                {options->has_zt, "zt", ZT},
                {options->length != NULL, "length", LENGTH},
                {options->has_flexible, "flexible", FLEXIBLE},
                {options->has_bits, "bits", BITS},
                {options->function != NULL, "function", FUNCTION},
                {options->c_case != NULL, "c_case", CASE},
                {options->capacity != NULL, "capacity", CAPACITY},
        };

        for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
                if (list[i].given) {
                        *ret_number = list[i].number;
                        return list[i].name;
                }
        return NULL;
}

void ek_validate_bound_field(const struct ek_schema *schema, const struct ek_binding *binding,
                             const struct ek_bound_field *bound, struct ek_problems *problems)
{
        struct ek_place member = option_place(bound->field, MEMBER);
        struct ek_place length = option_place(bound->field, LENGTH);
        struct ek_place capacity = option_place(bound->field, CAPACITY);
        struct ek_place place;
        const char *option;
        int number;

        if (bound->kind == EK_BOUND_IDENTITY) {
                option = binding_option(bound->options, &number);
                if (option == NULL)
                        return;
                place = option_place(bound->field, number);
                ek_problem(problems, &place, "identity field \"%s\" has no member: remove `%s`",
                           bound->field->name, option);
                return;
        }
        check_path(bound->options->c_member, &member, problems);
        check_path(bound->options->length, &length, problems);
        check_path(bound->options->capacity, &capacity, problems);
        check_type(binding, bound->field, problems);
        check_room(bound, problems);
        if (bound->options->has_bits)
                check_bits(bound, problems);
        check_text(bound, problems);
        if (bound->field->arena != NULL)
                check_arena(schema, bound, problems);
        check_case(binding, bound, problems);
}

void ek_validate_unbound_field(const struct ek_message *message, const struct ek_field *field,
                               struct ek_problems *problems)
{
        int number;
        const char *option = binding_option(ek_binding_field_options(field), &number);
        struct ek_place place;

        if (option == NULL)
                return;
        place = option_place(field, number);
        ek_problem(problems, &place,
                   "`%s` is about a member of a struct, and message %s is bound to none: give it "
                   "c_struct, or remove `%s`",
                   option, message->proto->name, option);
}

static const char *constant_of(const struct ek_enum *type, size_t i)
{
        const char *constant = ek_binding_value_options(type, i)->c_constant;

        return constant != NULL ? constant : type->proto->value[i]->name;
}

void ek_validate_enum(const struct ek_enum *type, struct ek_problems *problems)
{
        for (size_t i = 0; i < type->proto->n_value; i++) {
                const char *constant = constant_of(type, i);
                struct ek_place place =
                        ek_place_below(&type->place, 2, (int32_t)i, 3, EK_OPTION_EKIDEN_NUMBER);

                ek_validate_option(&type->value_options[i], "ekiden.value", &place, problems);
                if (!ek_validate_is_constant(constant))
                        ek_problem(problems, &place,
                                   "\"%s\" is no C constant: write its name, or an integer",
                                   constant);
                for (size_t k = 0; k < i; k++)
                        if (strcmp(constant_of(type, k), constant) == 0)
                                ek_problem(problems, &place,
                                           "%s is the constant of value \"%s\" already: give "
                                           "\"%s\" another c_constant",
                                           constant, type->proto->value[k]->name,
                                           type->proto->value[i]->name);
        }
}
