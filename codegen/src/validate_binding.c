/* SPDX-License-Identifier: MIT */
/*
 * The rules for messages that are bound to structs of the program's. What the structs are like is
 * for the compiler to say: see emit_native_asserts.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "path.h"
#include "validate.h"

/* Numbers in MessageOptions and ProgramOptions. */
enum {
        STRUCT = 16,
        INCLUDE = 17,
        IGNORE = 18,
        NEW = 19,
        PROGRAM_INCLUDE = 16,
        ALLOC = 17,
};

bool ek_validate_is_constant(const char *text)
{
        char *end;

        if (ek_name_is_identifier(text))
                return true;
        if (text[0] != '-' && (text[0] < '0' || text[0] > '9'))
                return false;
        errno = 0;
        strtoll(text, &end, 0);
        return errno == 0 && end > text && *end == '\0' && end[-1] != '-';
}

/* "struct session", "union value", "session_t". */
static bool is_struct(const char *text)
{
        static const char *const tags[] = {"struct ", "union "};

        for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
                if (strncmp(text, tags[i], strlen(tags[i])) == 0)
                        return ek_name_is_identifier(text + strlen(tags[i]));
        return ek_name_is_identifier(text) && strcmp(text, "struct") != 0 &&
               strcmp(text, "union") != 0;
}

static bool is_header(const char *text)
{
        const size_t length = strlen(text);

        for (size_t i = 0; i < length; i++)
                if ((unsigned char)text[i] < ' ' || text[i] == '"' || text[i] == '\\' ||
                    text[i] == 0x7f)
                        return false;
        if (text[0] == '<')
                return length > 2 && strchr(text, '>') == text + length - 1;
        return length > 0;
}

static void check_headers(char *const *headers, size_t count, const struct ek_place *place,
                          struct ek_problems *problems)
{
        for (size_t i = 0; i < count; i++)
                if (!is_header(headers[i]))
                        ek_problem(problems, place,
                                   "\"%s\" is no header: write \"NAME.h\" or \"<NAME.h>\"",
                                   headers[i]);
}

/* A function that makes and one that ends: both or none. */
static void check_pair(const char *makes, const char *ends, const char *const names[2],
                       const struct ek_place *place, struct ek_problems *problems)
{
        const char *const values[] = {makes, ends};

        if ((makes == NULL) != (ends == NULL))
                ek_problem(problems, place, "%s without %s: give both, or none",
                           names[makes == NULL], names[makes != NULL]);
        for (size_t i = 0; i < 2; i++)
                if (values[i] != NULL && !ek_name_is_identifier(values[i]))
                        ek_problem(problems, place,
                                   "\"%s\" is no name of a C function: %s takes one", values[i],
                                   names[i]);
}

void ek_validate_program_binding(const struct ek_file *file, struct ek_problems *problems)
{
        static const char *const names[] = {"c_alloc", "c_free"};
        const Ekiden__ProgramOptions *options = (const void *)file->option.message;
        struct ek_place option = ek_place_below(&file->place, 8, EK_OPTION_EKIDEN_NUMBER, -1, -1);
        struct ek_place headers = ek_place_below(&option, PROGRAM_INCLUDE, -1, -1, -1);
        struct ek_place memory = ek_place_below(&option, ALLOC, -1, -1, -1);

        if (options == NULL)
                return;
        check_headers(options->c_include, options->n_c_include, &headers, problems);
        check_pair(options->c_alloc, options->c_free, names, &memory, problems);
}

static void check_oneofs(const struct ek_binding *binding, struct ek_problems *problems)
{
        for (size_t i = 0; i < binding->choice_count; i++) {
                const struct ek_bound_choice *choice = &binding->choices[i];
                const Ekiden__OneofOptions *options = choice->options;
                struct ek_place place =
                        ek_place_below(&choice->place, 2, EK_OPTION_EKIDEN_NUMBER, -1, -1);

                if (options->c_discriminator == NULL)
                        ek_problem(problems, &place,
                                   "oneof \"%s\" of a bound message has no discriminator: add "
                                   "option (ekiden.oneof) = { c_discriminator: \"…\" };",
                                   choice->name);
                else if (!ek_path_is_good(options->c_discriminator))
                        ek_problem(problems, &place,
                                   "\"%s\" is no member: write a name, or names with dots between "
                                   "them",
                                   options->c_discriminator);
                if (options->c_none != NULL && !ek_validate_is_constant(options->c_none))
                        ek_problem(problems, &place,
                                   "\"%s\" is no value of a discriminator: write an integer, or "
                                   "the name of a C constant",
                                   options->c_none);
        }
}

static void check_ignored(const struct ek_binding *binding, const struct ek_place *option,
                          struct ek_problems *problems)
{
        struct ek_place place = ek_place_below(option, IGNORE, -1, -1, -1);
        const char *path;
        unsigned int bits;

        for (size_t i = 0; i < binding->options->n_ignore; i++)
                if (!ek_path_ignored(problems->arena, binding->options->ignore[i], &path, &bits))
                        ek_problem(problems, &place,
                                   "\"%s\" is no member to be ignored: write a name, names with "
                                   "dots between them, or \"NAME:WIDTH\" of a bit-field",
                                   binding->options->ignore[i]);
}

/* Fields of one oneof share memory as they like, and what counts it or its room. */
static bool may_meet(const struct ek_path *a, const struct ek_path *b)
{
        return a->choice != NULL && a->choice == b->choice && a->service == b->service;
}

static void check_paths(const struct ek_binding *binding, struct ek_problems *problems)
{
        struct ek_paths paths = ek_paths_of(problems->arena, binding);

        for (size_t i = 0; i < paths.count; i++)
                for (size_t k = 0; k < i; k++) {
                        const struct ek_path *a = &paths.list[i], *b = &paths.list[k];

                        if (may_meet(a, b))
                                continue;
                        if (strcmp(a->text, b->text) == 0)
                                ek_problem(problems, &a->place,
                                           "member \"%s\" is %s, and also %s: name another, or "
                                           "leave one out",
                                           a->text, b->role, a->role);
                        else if (ek_path_is_below(a->text, b->text) ||
                                 ek_path_is_below(b->text, a->text))
                                ek_problem(problems, &a->place,
                                           "member \"%s\" is %s, and \"%s\" is %s: one is inside "
                                           "the other, leave one out",
                                           b->text, b->role, a->text, a->role);
                }
}

static void check_flexible(const struct ek_schema *schema, const struct ek_binding *binding,
                           struct ek_problems *problems)
{
        const struct ek_bound_field *flexible = ek_binding_flexible(binding);
        const char *name = binding->message->proto->name;
        struct ek_place place;

        if (flexible == NULL)
                return;
        place = ek_place_below(&flexible->field->place, 8, EK_OPTION_EKIDEN_NUMBER, 19, -1);
        if (binding->options->c_new != NULL)
                ek_problem(problems, &place,
                           "%s() cannot know how long \"%s\" is: remove c_new and c_free from "
                           "message %s",
                           binding->options->c_new, flexible->field->name, name);
        for (size_t i = flexible->index + 1; i < binding->field_count; i++)
                if (binding->fields[i].options->flexible)
                        ek_problem(problems, &binding->fields[i].field->place,
                                   "message %s has a flexible array member already, \"%s\": a "
                                   "struct has one at most",
                                   name, flexible->field->name);
        for (size_t i = 0; i < schema->item_count; i++)
                if (schema->items[i].message == binding->message && !schema->items[i].objects &&
                    !schema->items[i].stream)
                        ek_problem(problems, &place,
                                   "a singleton has its struct already, and no room for flexible "
                                   "\"%s\": make item \"%s\" a stream, or \"%s\" a pointer",
                                   flexible->field->name, schema->items[i].name,
                                   flexible->field->name);
}

static void check_bound(const struct ek_schema *schema, struct ek_message *message,
                        const struct ek_place *option, struct ek_problems *problems)
{
        static const char *const names[] = {"c_new", "c_free"};
        struct ek_binding binding = ek_binding_of(problems->arena, message);
        struct ek_place name = ek_place_below(option, STRUCT, -1, -1, -1);
        struct ek_place make = ek_place_below(option, NEW, -1, -1, -1);
        const size_t count = problems->count;

        if (!is_struct(binding.c_struct))
                ek_problem(problems, &name,
                           "\"%s\" is no struct: write \"struct NAME\", \"union NAME\" or the name "
                           "of a typedef",
                           binding.c_struct);
        check_pair(binding.options->c_new, binding.options->c_free, names, &make, problems);
        check_oneofs(&binding, problems);
        check_ignored(&binding, option, problems);
        for (size_t i = 0; i < binding.field_count; i++)
                ek_validate_bound_field(schema, &binding, &binding.fields[i], problems);
        check_flexible(schema, &binding, problems);
        if (problems->count == count) /* paths may be none */
                check_paths(&binding, problems);
}

static void check_unbound(const struct ek_message *message, const struct ek_place *option,
                          struct ek_problems *problems)
{
        const Ekiden__MessageOptions *options = ek_binding_message_options(message);

        if (options->n_ignore > 0 || options->n_c_include > 0 || options->c_new != NULL ||
            options->c_free != NULL)
                ek_problem(problems, option,
                           "message %s is bound to no struct: add c_struct to option "
                           "(ekiden.message), or remove what is of no use without it",
                           message->proto->name);
        for (size_t i = 0; i < message->proto->n_oneof_decl; i++) {
                const Ekiden__OneofOptions *oneof = ek_binding_oneof_options(message, i);
                struct ek_place place =
                        ek_place_below(&message->place, 8, (int32_t)i, 2, EK_OPTION_EKIDEN_NUMBER);

                if (oneof->c_discriminator != NULL || oneof->c_none != NULL)
                        ek_problem(problems, &place,
                                   "message %s is bound to no struct: give it c_struct, or remove "
                                   "option (ekiden.oneof)",
                                   message->proto->name);
        }
        for (size_t i = 0; i < message->field_count; i++)
                ek_validate_unbound_field(message, &message->fields[i], problems);
}

void ek_validate_binding(const struct ek_schema *schema, struct ek_message *message,
                         struct ek_problems *problems)
{
        struct ek_place option =
                ek_place_below(&message->place, 7, EK_OPTION_MESSAGE_NUMBER, -1, -1);
        struct ek_place headers = ek_place_below(&option, INCLUDE, -1, -1, -1);
        const Ekiden__MessageOptions *options = ek_binding_message_options(message);

        check_headers(options->c_include, options->n_c_include, &headers, problems);
        if (ek_binding_is(message))
                check_bound(schema, message, &option, problems);
        else
                check_unbound(message, &option, problems);
}

/* Whether output is generated must not depend on what happens to lead to a message. */
void ek_validate_bound_used(const struct ek_schema *schema, struct ek_problems *problems)
{
        struct ek_tables tables = ek_tables_bound(schema);

        for (const struct ek_message *message = schema->file->messages; message != NULL;
             message = message->next) {
                struct ek_place place =
                        ek_place_below(&message->place, 7, EK_OPTION_MESSAGE_NUMBER, -1, -1);
                size_t i = 0;

                while (i < tables.count && tables.list[i].message != message)
                        i++;
                if (ek_binding_is(message) && i == tables.count)
                        ek_problem(problems, &place,
                                   "no item that is bound to a struct holds message %s: bind the "
                                   "item that holds it, or remove c_struct",
                                   message->proto->name);
        }
}
