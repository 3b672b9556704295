/* SPDX-License-Identifier: MIT */
#include "validate.h"

#include <string.h>

void ek_validate_option(const struct ek_option *option, const char *name,
                        const struct ek_place *place, struct ek_problems *problems)
{
        if (option->state == EK_OPTION_NEWER)
                ek_problem(problems, place,
                           "this protoc-gen-ekiden does not know field %u of option (%s): upgrade "
                           "it to the version that your ekiden/options.proto is from",
                           option->unknown, name);
        else if (option->state == EK_OPTION_BROKEN)
                ek_problem(problems, place,
                           "option (%s) is not of the type that ekiden/options.proto declares: "
                           "import \"ekiden/options.proto\" and no other declaration of it",
                           name);
}

static void check_program(struct ek_schema *schema, const struct ek_place *place,
                          struct ek_problems *problems)
{
        const Ekiden__ProgramOptions *options = (const void *)schema->file->option.message;
        struct ek_place name = ek_place_below(place, 1, -1, -1, -1);
        struct ek_place version = ek_place_below(place, 2, -1, -1, -1);

        if (options == NULL)
                return;
        if (options->name == NULL)
                ek_problem(problems, &name,
                           "the program has no name: add `name: \"…\"` to option "
                           "(ekiden.program)");
        else if (!ek_schema_is_program_name(options->name))
                ek_problem(problems, &name,
                           "\"%s\" is no name for a program: take a letter, then letters, digits, "
                           "'_' or '-', 63 characters at most",
                           options->name);
        if (!options->has_version)
                ek_problem(problems, &version,
                           "the schema has no version: add `version: 1` to option "
                           "(ekiden.program)");
        else if (options->version == 0)
                ek_problem(problems, &version, "version 0 is none: schema versions are 1, 2, 3 …");
}

static bool ends_with_parts(const char *package, const char *ending)
{
        size_t length = strlen(package), ending_length = strlen(ending);

        return length >= ending_length && strcmp(package + length - ending_length, ending) == 0 &&
               (length == ending_length || package[length - ending_length - 1] == '.');
}

/* So that all versions of a program's messages can be linked into one binary. */
static void check_package(struct ek_schema *schema, struct ek_problems *problems)
{
        struct ek_place place = ek_place_below(&schema->file->place, 2, -1, -1, -1);
        char *ending;

        if (schema->c_name == NULL || schema->version == 0)
                return;
        ending = ek_memory_printf(schema->model->arena, "%s.v%u",
                                  ek_schema_c_program(schema->model->arena, schema->program),
                                  schema->version);
        if (schema->file->package[0] == '\0')
                ek_problem(problems, &place, "the schema has no package: add `package %s;`",
                           ending);
        else if (!ends_with_parts(schema->file->package, ending))
                ek_problem(problems, &place,
                           "package %s does not end in %s: rename it, so that several versions "
                           "can be linked into one program",
                           schema->file->package, ending);
}

static void check_file(struct ek_schema *schema, struct ek_problems *problems)
{
        const struct ek_file *file = schema->file;
        struct ek_place program = ek_place_below(&file->place, 8, EK_OPTION_EKIDEN_NUMBER, -1, -1);

        if (file->option.state == EK_OPTION_ABSENT)
                ek_problem(problems, &file->place,
                           "the file has no program option: add `option (ekiden.program) = { name: "
                           "\"…\" version: 1 };`, or do not generate from it");
        ek_validate_option(&file->option, "ekiden.program", &program, problems);
        check_program(schema, &program, problems);
        check_package(schema, problems);
        for (size_t i = 0; i < file->proto->n_service; i++) {
                struct ek_place place = ek_place_below(&file->place, 6, (int32_t)i, -1, -1);

                ek_problem(problems, &place,
                           "service %s: a schema describes state only; move the service to a file "
                           "of its own",
                           file->proto->service[i]->name != NULL ? file->proto->service[i]->name
                                                                 : "");
        }
        for (size_t i = 0; i < file->proto->n_extension; i++) {
                struct ek_place place = ek_place_below(&file->place, 7, (int32_t)i, -1, -1);

                ek_problem(problems, &place,
                           "a schema has no extensions: declare the field in the message itself");
        }
}

static void check_item(struct ek_schema *schema, size_t i, struct ek_problems *problems)
{
        const struct ek_item *item = &schema->items[i];
        const Ekiden__ItemOptions *options = (const void *)item->message->option.message;
        struct ek_place name = ek_place_below(&item->place, 1, -1, -1, -1);

        if (options->name == NULL)
                ek_problem(problems, &name,
                           "the item has no name: add `name: \"…\"` to option (ekiden.item)");
        else if (!ek_schema_is_item_name(item->name))
                ek_problem(problems, &name,
                           "\"%s\" is no name for an item: take a lower-case letter, then "
                           "lower-case letters, digits or '_', 63 characters at most",
                           item->name);
        for (size_t k = 0; k < i && options->name != NULL; k++)
                if (strcmp(schema->items[k].name, item->name) == 0) {
                        ek_problem(problems, &name,
                                   "item \"%s\" is there already, as message %s: give one of them "
                                   "another name",
                                   item->name, schema->items[k].message->proto->name);
                        break;
                }
        ek_validate_key(item, problems);
        ek_validate_records(schema, item, problems);
        ek_validate_ahead(schema, item, problems);
}

/* Whoever links both could not tell them apart. */
static void check_twins(const struct ek_schema *schemas, size_t i, struct ek_problems *problems)
{
        const struct ek_schema *schema = &schemas[i];
        struct ek_place place =
                ek_place_below(&schema->file->place, 8, EK_OPTION_EKIDEN_NUMBER, -1, -1);

        if (schema->c_name == NULL || schema->version == 0)
                return;
        for (size_t k = 0; k < i; k++) {
                if (schemas[k].version != schema->version ||
                    strcmp(schemas[k].program, schema->program) != 0 ||
                    schemas[k].file == schema->file)
                        continue;
                ek_problem(problems, &place,
                           "version %u of program \"%s\" is there already, in %s: give one of "
                           "them another version",
                           schema->version, schema->program, schemas[k].file->name);
                return;
        }
}

static void check_schema(struct ek_schema *schema, struct ek_problems *problems)
{
        check_file(schema, problems);
        for (size_t i = 0; i < schema->item_count; i++)
                if (!schema->items[i].objects)
                        check_item(schema, i, problems);
        if (schema->item_count == 0 && schema->file->option.message != NULL)
                ek_problem(problems, &schema->file->place,
                           "no message is an item: add `option (ekiden.item) = { name: \"…\" };` "
                           "to one");
        ek_validate_messages(schema, problems);
        ek_validate_names(schema, problems);
        ek_validate_output(schema, problems);
}

void ek_validate(struct ek_schema *schemas, size_t count, struct ek_problems *problems)
{
        for (size_t i = 0; i < count; i++) {
                check_schema(&schemas[i], problems);
                check_twins(schemas, i, problems);
        }
}
