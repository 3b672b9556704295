/* SPDX-License-Identifier: MIT */
/*
 * The descriptor set in a schema's table: with the library's own set before it, protoc takes it for
 * the schema itself.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "chat_v1.ekiden.h"
#include "corner_v1.ekiden.h"
#include "counter_v2.ekiden.h"
#include "graph_v1.ekiden.h"
#include "names_v12.ekiden.h"
#include "protoc.h"
#include "queue_v1.ekiden.h"
#include "state/standard_schemas.h"
#include "tree_v3.ekiden.h"
#include "union_v1.ekiden.h"
#include "vault_v1.ekiden.h"
#include "wire_v1.ekiden.h"

#define GOLDEN TEST_SOURCE_DIR "/golden"

static const struct {
        const struct ekiden_schema *schema;
        const char *file;
} schemas[] = {
        {&chat_v1, "chat_v1"},
        {&corner_v1, "corner_v1"},
        {&counter_v2, "counter_v2"},
        {&graph_v1, "graph_v1"},
        {&program_WITH_odd_names_v12, "names_v12"},
        {&queue_v1, "queue_v1"},
        {&my_tree_v3, "tree_v3"},
        {&union_v1, "union_v1"},
        {&vault_v1, "vault_v1"},
        {&wire_v1, "wire_v1"},
};

#define SCHEMA_COUNT (sizeof(schemas) / sizeof(schemas[0]))

/* In the scratch directory. */
static void __attribute__((format(printf, 2, 3))) run(const char *scratch, const char *format, ...)
{
        char *command, *whole;
        va_list arguments;

        va_start(arguments, format);
        cr_assert_geq(vasprintf(&command, format, arguments), 0);
        va_end(arguments);
        cr_assert_geq(asprintf(&whole, "cd '%s' && %s", scratch, command), 0);
        cr_assert_eq(system(whole), 0, "%s", whole);
        free(whole);
        free(command);
}

static void write_bytes(const char *scratch, const char *name, const void *first, size_t first_size,
                        const void *second, size_t second_size)
{
        char path[2 * SCRATCH_SIZE];
        FILE *file;

        snprintf(path, sizeof(path), "%s/%s", scratch, name);
        file = fopen(path, "w");
        cr_assert_not_null(file);
        cr_assert_eq(fwrite(first, 1, first_size, file), first_size);
        cr_assert_eq(fwrite(second, 1, second_size, file), second_size);
        cr_assert_eq(fclose(file), 0);
}

/* What a snapshot carries of a schema. */
static void write_complete_set(const char *scratch, const struct ekiden_schema *schema)
{
        size_t standard_size;
        const uint8_t *standard = ek_standard_schemas(&standard_size);

        write_bytes(scratch, "set", standard, standard_size, schema->descriptor_set,
                    schema->descriptor_set_size);
}

Test(descriptor_set, protoc_reads_the_same_schema_from_it_as_from_the_file)
{
        char scratch[SCRATCH_SIZE];

        scratch_init(scratch);
        for (size_t i = 0; i < SCHEMA_COUNT; i++) {
                write_complete_set(scratch, schemas[i].schema);
                run(scratch,
                    TEST_PROTOC " --descriptor_set_in=set --include_imports"
                                " --descriptor_set_out=from_set %s.proto",
                    schemas[i].file);
                run(scratch,
                    TEST_PROTOC " -I" GOLDEN " -I" TEST_IDL_DIR " -I" TEST_PROTOBUF_DIR
                                " --include_imports --descriptor_set_out=from_file %s.proto",
                    schemas[i].file);
                run(scratch, "cmp from_set from_file");
        }
        scratch_deinit(scratch);
}

Test(descriptor_set, records_can_be_read_with_it_alone)
{
        Vault__V1__Account account = VAULT__V1__ACCOUNT__INIT;
        uint8_t packed[64];
        char scratch[SCRATCH_SIZE], *text;

        account.name = (char *)"ann";
        account.has_rank = true;
        account.rank = VAULT__V1__RANK__OWNER;
        scratch_init(scratch);
        write_complete_set(scratch, &vault_v1);
        write_bytes(scratch, "record", packed, vault__v1__account__pack(&account, packed), "", 0);
        run(scratch,
            TEST_PROTOC " --descriptor_set_in=set --decode=vault.v1.Account < record > text");
        text = read_file(scratch, "text", NULL);
        cr_assert_str_eq(text, "name: \"ann\"\nrank: OWNER\n");
        free(text);
        scratch_deinit(scratch);
}

static const char plain[] = "syntax = \"proto2\";\n"
                            "package tea.v1;\n"
                            "import \"ekiden/options.proto\";\n"
                            "option (ekiden.program) = { name: \"tea\" version: 1 };\n"
                            "message Pot {\n"
                            "  option (ekiden.item) = { name: \"pot\" };\n"
                            "  message Lid { optional int32 weight = 1; }\n"
                            "  optional Lid lid_of_it = 1;\n"
                            "}\n";

static const char commented[] = "/* What it is about. */\n"
                                "syntax = \"proto2\";\n"
                                "package tea.v1; // of the house\n"
                                "\n"
                                "import \"ekiden/options.proto\";\n"
                                "option (ekiden.program) = { version: 1 name: \"tea\" };\n"
                                "// It holds tea.\n"
                                "message Pot {\n"
                                "  option (ekiden.item) = {\n"
                                "    name: \"pot\" // never another\n"
                                "  };\n"
                                "  message Lid { optional int32 weight = 1 [json_name = \"w\"]; }\n"
                                "  optional Lid lid_of_it = 1 [json_name = \"lid\"]; // or none\n"
                                "}\n";

/* The source that is generated from a text. */
static char *generate(const char *text)
{
        char scratch[SCRATCH_SIZE], *source, *errors;
        char *files[] = {(char *)"tea_v1.proto", NULL};

        scratch_init(scratch);
        write_file(scratch, "tea_v1.proto", text);
        cr_assert_eq(run_protoc(scratch, scratch, files, &errors), 0, "%s", errors);
        source = read_file(scratch, "tea_v1.ekiden.c", NULL);
        cr_assert_not_null(source);
        free(errors);
        scratch_deinit(scratch);
        return source;
}

Test(descriptor_set, comments_places_and_json_names_do_not_change_it)
{
        char *without = generate(plain), *with = generate(commented);

        cr_assert_not_null(strstr(without, "descriptor_set[] = {"));
        cr_assert_str_eq(without, with);
        free(without);
        free(with);
}

Test(descriptor_set, the_librarys_own_has_no_file_that_a_schemas_has)
{
        static const char standard_name[] = "ekiden/options.proto\x12"; /* then comes the package */
        size_t size;
        const uint8_t *standard = ek_standard_schemas(&size);

        cr_assert_not_null(memmem(standard, size, standard_name, sizeof(standard_name) - 1));
        for (size_t i = 0; i < SCHEMA_COUNT; i++)
                cr_expect_null(memmem(schemas[i].schema->descriptor_set,
                                      schemas[i].schema->descriptor_set_size, standard_name,
                                      sizeof(standard_name) - 1),
                               "%s", schemas[i].file);
}
