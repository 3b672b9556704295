/* SPDX-License-Identifier: MIT */
/*
 * What a fingerprint counts, and what not. Released schemas are frozen by it: were a case here to
 * change sides, every program's released schemas would seem changed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <nettle/sha2.h>

#include "protoc.h"

#define HEX_SIZE 65

struct prints {
        char fingerprint[HEX_SIZE], shape[HEX_SIZE]; /* the shape of the first item, "jobs" */
};

static const char base[] = "syntax = \"proto2\";\n"
                           "package shop.v1;\n"
                           "import \"ekiden/options.proto\";\n"
                           "option (ekiden.program) = { name: \"shop\" version: 1 };\n"
                           "// A comment.\n"
                           "message Job {\n"
                           "  option (ekiden.item) = { name: \"jobs\" stream: true key: \"id\" };\n"
                           "  optional uint64 id = 1;\n"
                           "  optional string title = 2 [default = \"none\"];\n"
                           "  repeated Part parts = 3;\n"
                           "  optional int32 file = 4 [(ekiden.field).descriptor = true];\n"
                           "  oneof place { uint32 shelf = 5; string street = 6; }\n"
                           "  optional State state = 7 [default = DONE];\n"
                           "  repeated uint32 sizes = 8;\n"
                           "  optional State before = 9;\n"
                           "}\n"
                           "message Part { optional Part next = 1; optional sint32 number = 2; }\n"
                           "enum State { OPEN = 0; DONE = 1; LOST = 2; }\n"
                           "message Total {\n"
                           "  option (ekiden.item) = { name: \"total\" };\n"
                           "  optional uint64 count = 1;\n"
                           "}\n"
                           "message Unused { optional string text = 1; }\n";

/* The text of the base schema after one replacement. */
static char *replace(const char *from, const char *to)
{
        const char *place = strstr(base, from);
        char *text = NULL;

        cr_assert_not_null(place, "the base schema has no \"%s\"", from);
        cr_assert_geq(
                asprintf(&text, "%.*s%s%s", (int)(place - base), base, to, place + strlen(from)),
                0);
        return text;
}

/* The bytes behind `marker` in a generated source, as digits. */
static void find_bytes(const char *source, const char *marker, char ret_hex[HEX_SIZE])
{
        const char *next = strstr(source, marker);

        cr_assert_not_null(next);
        for (size_t i = 0; i < HEX_SIZE - 1; i += 2) {
                next = strstr(next, "0x");
                cr_assert_not_null(next);
                memcpy(ret_hex + i, next + 2, 2);
                next += 2;
        }
        ret_hex[HEX_SIZE - 1] = '\0';
}

static struct prints generate(const char *text, const char *file)
{
        char scratch[SCRATCH_SIZE], *errors, *source, *name = strdup(file);
        char *files[] = {name, NULL};
        struct prints prints;

        cr_assert_not_null(name);
        scratch_init(scratch);
        write_file(scratch, file, text);
        cr_assert_eq(run_protoc(scratch, scratch, files, &errors), 0, "%s\n%s", errors, text);
        strcpy(strrchr(name, '.'), ""); /* ".proto" */
        name = realloc(name, strlen(name) + sizeof(".ekiden.c"));
        source = read_file(scratch, strcat(name, ".ekiden.c"), NULL);
        cr_assert_not_null(source);
        find_bytes(source, ".fingerprint = {", prints.fingerprint);
        find_bytes(source, ".shape = {", prints.shape);
        free(source);
        free(errors);
        free(name);
        scratch_deinit(scratch);
        return prints;
}

enum effect {
        NOTHING,
        FINGERPRINT, /* changes, but not the shape of "jobs" */
        BOTH,
};

static const struct {
        enum effect effect;
        const char *from, *to;
} cases[] = {
        {NOTHING, "// A comment.\n", ""},
        {NOTHING, "// A comment.\n", "/* Another\n one. */ // And one\n\n\n"},
        {NOTHING, "message Unused { optional string text = 1; }\n", ""},
        {NOTHING, "message Unused {", "message Unused { optional uint32 more = 9; "},
        {NOTHING, "  optional uint64 id = 1;\n  optional string title = 2 [default = \"none\"];\n",
         "  optional string title = 2 [default = \"none\"];\n  optional uint64 id = 1;\n"},
        {NOTHING, "DONE = 1; LOST = 2;", "LOST = 2; DONE = 1;"},
        {NOTHING, "State before = 9", "State before = 9 [default = OPEN]"},
        {NOTHING, "repeated uint32 sizes = 8", "repeated uint32 sizes = 8 [packed = true]"},
        {NOTHING, "optional uint64 id = 1", "optional uint64 id = 1 [deprecated = true]"},
        {NOTHING, "optional uint64 id = 1", "optional uint64 id = 1 [json_name = \"ID\"]"},
        {NOTHING, "package shop.v1", "package example.shop.v1"},
        {NOTHING, "message Job {", "message Task {"},
        {NOTHING, "uint64 id = 1;", "uint64 id = 1; reserved 100; reserved \"old\";"},
        {NOTHING, "LOST = 2; }", "LOST = 2; reserved 7; }"},
        {NOTHING, "file = 4 [(ekiden.field).descriptor = true]",
         "file = 4 [(ekiden.field) = { descriptor: true }]"},
        {NOTHING, "  optional uint64 count = 1;",
         "  option (ekiden.message).c_struct = \"struct total\";\n"
         "  optional uint64 count = 1 [(ekiden.field).c_member = \"n\"];"},
        {NOTHING, "LOST = 2;",
         "LOST = 2 [(ekiden.value) = { was: \"GONE\" c_constant: \"lost\" }];"},
        {NOTHING, "uint64 id = 1", "uint64 id = 1 [(ekiden.field).was = \"number\"]"},
        {NOTHING, "uint64 id = 1", "uint64 id = 1 [(ekiden.field).secret = true]"},
        {NOTHING, "uint64 id = 1", "uint64 id = 1 [(ekiden.field).untold = true]"},
        {NOTHING, "repeated Part parts = 3",
         "repeated Part parts = 3 [(ekiden.field).secret = true]"},
        {FINGERPRINT, "key: \"id\"", ""},
        {FINGERPRINT, "key: \"id\"", "key: \"title\""},
        {FINGERPRINT, "stream: true key: \"id\"", "stream: false"},
        {FINGERPRINT, "name: \"jobs\"", "name: \"all_jobs\""},
        {FINGERPRINT, "name: \"total\"", "name: \"totals\""},
        {FINGERPRINT, "optional uint64 count = 1", "optional uint32 count = 1"},
        {FINGERPRINT, "  option (ekiden.item) = { name: \"total\" };\n", ""},
        {BOTH, "uint64 id = 1", "uint64 id = 99"},
        {BOTH, "uint64 id = 1", "fixed64 id = 1"},
        {BOTH, "uint64 id = 1", "int64 id = 1"},
        {BOTH, "string title = 2", "string name = 2"},
        {BOTH, "repeated uint32 sizes", "optional uint32 sizes"},
        {BOTH, "optional string title = 2 [default = \"none\"]", "optional string title = 2"},
        {BOTH, "\"none\"", "\"None\""},
        {BOTH, "\"none\"", "\"\""},
        {BOTH, "\"none\"", "\"none descriptor\""},
        {BOTH, "[default = DONE]", "[default = OPEN]"},
        {BOTH, "[default = DONE]", ""},
        {BOTH, "int32 file = 4 [(ekiden.field).descriptor = true]", "int32 file = 4"},
        {BOTH, "oneof place", "oneof location"},
        {BOTH, "oneof place { uint32 shelf = 5; string street = 6; }",
         "oneof place { uint32 shelf = 5; } optional string street = 6;"},
        {BOTH, "OPEN = 0", "WAITING = 0"},
        {BOTH, "DONE = 1", "DONE = 3"},
        {BOTH, "LOST = 2;", ""},
        {BOTH, "LOST = 2;", "LOST = 2; SOLD = 3;"},
        {BOTH, "OPEN = 0; DONE = 1;", "DONE = 1; OPEN = 0;"},
        {BOTH, "State before = 9", "State before = 9 [default = LOST]"},
        {BOTH, "sint32 number = 2", "sint32 numbers = 2"},
        {BOTH, "sint32 number = 2", "sint32 number = 2; optional bool last = 3"},
        {BOTH, "optional Part next", "repeated Part next"},
        {BOTH, "optional Part next", "optional Total next"},
        {BOTH, "uint64 id = 1;", "uint64 id = 1; optional bool more = 100;"},
        {BOTH, "repeated uint32 sizes = 8;", ""},
};

Test(fingerprint, counts_what_it_should_and_nothing_else)
{
        struct prints original = generate(base, "shop_v1.proto");

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                char *text = replace(cases[i].from, cases[i].to);
                struct prints prints = generate(text, "shop_v1.proto");
                bool same_fingerprint = strcmp(original.fingerprint, prints.fingerprint) == 0;
                bool same_shape = strcmp(original.shape, prints.shape) == 0;

                cr_expect_eq(same_fingerprint, cases[i].effect == NOTHING, "fingerprint: %s -> %s",
                             cases[i].from, cases[i].to);
                cr_expect_eq(same_shape, cases[i].effect != BOTH, "shape: %s -> %s", cases[i].from,
                             cases[i].to);
                free(text);
        }
}

/* In proto2 the first value is what a field is that was not set, if it states no default. */
Test(fingerprint, counts_the_order_of_an_enum_where_it_makes_a_default)
{
        static const struct {
                const char *field;
                bool counts;
        } fields[] = {
                {"optional E e = 1;", true},
                {"required E e = 1;", true},
                {"oneof o { E e = 1; }", true},
                {"optional E e = 1 [default = B];", false},
                {"required E e = 1 [default = A];", false},
                {"repeated E e = 1;", false},
        };
        static const char format[] = "syntax = \"proto2\";\n"
                                     "package shop.v1;\n"
                                     "import \"ekiden/options.proto\";\n"
                                     "option (ekiden.program) = { name: \"shop\" version: 1 };\n"
                                     "message M { option (ekiden.item) = { name: \"m\" }; %s }\n"
                                     "enum E { %s }\n";

        for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
                struct prints one, other;
                char *text;

                cr_assert_geq(asprintf(&text, format, fields[i].field, "A = 0; B = 1;"), 0);
                one = generate(text, "shop_v1.proto");
                free(text);
                cr_assert_geq(asprintf(&text, format, fields[i].field, "B = 1; A = 0;"), 0);
                other = generate(text, "shop_v1.proto");
                free(text);
                cr_expect_eq(strcmp(one.fingerprint, other.fingerprint) != 0, fields[i].counts,
                             "%s", fields[i].field);
                cr_expect_eq(strcmp(one.shape, other.shape) != 0, fields[i].counts, "%s",
                             fields[i].field);
        }
}

Test(fingerprint, depends_on_program_and_version_but_shapes_do_not)
{
        struct prints original = generate(base, "shop_v1.proto");
        char *text = replace("package shop.v1", "package shop.v2"), *version, *program;
        struct prints prints;

        version = strstr(text, "version: 1");
        memcpy(version, "version: 2", 10);
        prints = generate(text, "shop_v2.proto");
        cr_expect_str_neq(prints.fingerprint, original.fingerprint);
        cr_expect_str_eq(prints.shape, original.shape);
        free(text);

        text = replace("package shop.v1", "package shed.v1");
        program = strstr(text, "\"shop\"");
        memcpy(program, "\"shed\"", 6);
        prints = generate(text, "shed_v1.proto");
        cr_expect_str_neq(prints.fingerprint, original.fingerprint);
        cr_expect_str_eq(prints.shape, original.shape);
        free(text);
}

Test(fingerprint, does_not_depend_on_the_files_name)
{
        struct prints original = generate(base, "shop_v1.proto");
        struct prints renamed = generate(base, "other-name.proto");

        cr_expect_str_eq(original.fingerprint, renamed.fingerprint);
        cr_expect_str_eq(original.shape, renamed.shape);
}

static void sha256(const char *text, char ret_hex[HEX_SIZE])
{
        uint8_t digest[SHA256_DIGEST_SIZE];
        struct sha256_ctx context;

        sha256_init(&context);
        sha256_update(&context, strlen(text), (const uint8_t *)text);
        sha256_digest(&context, sizeof(digest), digest);
        for (size_t i = 0; i < sizeof(digest); i++)
                sprintf(ret_hex + 2 * i, "%02x", digest[i]);
}

/* The form that codegen/src/fingerprint.c documents, written down by hand. */
Test(fingerprint, is_the_hash_of_the_documented_text)
{
        static const char jobs[] = "ekiden-shape 1\n"
                                   "message 0 proto2\n"
                                   "field 1 optional uint64 id\n"
                                   "field 2 optional string title default 4:none\n"
                                   "field 3 repeated message 1 parts\n"
                                   "field 4 optional int32 file descriptor\n"
                                   "field 5 oneof 5:place uint32 shelf\n"
                                   "field 6 oneof 5:place string street\n"
                                   "field 7 optional enum 0 state default 4:DONE\n"
                                   "field 8 repeated uint32 sizes\n"
                                   "field 9 optional enum 0 before default 4:OPEN\n"
                                   "message 1 proto2\n"
                                   "field 1 optional message 1 next\n"
                                   "field 2 optional sint32 number\n"
                                   "enum 0 proto2\n"
                                   "value 0 OPEN\n"
                                   "value 1 DONE\n"
                                   "value 2 LOST\n";
        static const char total[] = "ekiden-shape 1\n"
                                    "message 0 proto2\n"
                                    "field 1 optional uint64 count\n";
        char jobs_hex[HEX_SIZE], total_hex[HEX_SIZE], hex[HEX_SIZE], *schema;
        struct prints prints = generate(base, "shop_v1.proto");

        sha256(jobs, jobs_hex);
        sha256(total, total_hex);
        cr_expect_str_eq(prints.shape, jobs_hex);
        cr_assert_geq(asprintf(&schema,
                               "ekiden-schema 1\n"
                               "program shop\n"
                               "version 1\n"
                               "item jobs stream key 1 shape %s\n"
                               "item total singleton key 0 shape %s\n",
                               jobs_hex, total_hex),
                      0);
        sha256(schema, hex);
        cr_expect_str_eq(prints.fingerprint, hex);
        free(schema);
}

Test(fingerprint, sees_presence_in_proto3)
{
        static const char text[] = "syntax = \"proto3\";\n"
                                   "package shop.v1;\n"
                                   "import \"ekiden/options.proto\";\n"
                                   "option (ekiden.program) = { name: \"shop\" version: 1 };\n"
                                   "message Total {\n"
                                   "  option (ekiden.item) = { name: \"total\" };\n"
                                   "  uint64 count = 1;\n"
                                   "  Total next = 2;\n"
                                   "}\n";
        static const char canonical[] = "ekiden-shape 1\n"
                                        "message 0 proto3\n"
                                        "field 1 implicit uint64 count\n"
                                        "field 2 optional message 0 next\n";
        struct prints prints = generate(text, "shop_v1.proto");
        char hex[HEX_SIZE];

        sha256(canonical, hex);
        cr_expect_str_eq(prints.shape, hex);
}

/* … with an identity, where the message is an item besides, under its own name. */
Test(fingerprint, of_a_schema_with_objects_is_the_hash_of_the_documented_text)
{
        static const char schema[] =
                "syntax = \"proto2\";\n"
                "package shop.v1;\n"
                "import \"ekiden/options.proto\";\n"
                "option (ekiden.program) = { name: \"shop\" version: 1 };\n"
                "message Aisle {\n"
                "  option (ekiden.item) = { name: \"aisles\" stream: true };\n"
                "  optional Shelf.Box first = 1;\n"
                "}\n"
                "message Shelf {\n"
                "  message Box {\n"
                "    optional Box next = 2;\n"
                "    optional uint64 self = 1 [(ekiden.field).identity = true];\n"
                "  }\n"
                "}\n";
        struct prints prints = generate(schema, "shop_v1.proto");
        char box[HEX_SIZE], aisle[HEX_SIZE], whole[HEX_SIZE], *text;

        sha256("ekiden-shape 1\n"
               "message 0 proto2\n"
               "field 1 optional uint64 self identity\n"
               "field 2 optional message 0 next\n",
               box);
        sha256("ekiden-shape 1\n"
               "message 0 proto2\n"
               "field 1 optional message 1 first\n"
               "message 1 proto2\n"
               "field 1 optional uint64 self identity\n"
               "field 2 optional message 1 next\n",
               aisle);
        cr_assert_geq(asprintf(&text,
                               "ekiden-schema 1\n"
                               "program shop\n"
                               "version 1\n"
                               "item Shelf.Box objects key 0 shape %s\n"
                               "item aisles stream key 0 shape %s\n",
                               box, aisle),
                      0);
        sha256(text, whole);
        free(text);
        cr_expect_str_eq(prints.shape, box); /* of the first item */
        cr_expect_str_eq(prints.fingerprint, whole);
}
