/* SPDX-License-Identifier: MIT */
/* Messages as text and as JSON: every kind of field, and what is a secret. */
#include "print.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "bureau.h"

static struct print plain(void)
{
        return (struct print){.allowed = TEXT_PRINTABLE};
}

static char *text_of(const struct print *print, const struct ekiden_message *table,
                     const ProtobufCMessage *message)
{
        char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);

        cr_assert_not_null(out);
        print_text(print, out, table, message, 0);
        cr_assert_eq(fclose(out), 0);
        return text;
}

static void expect_text(const struct print *print, const struct ekiden_message *table,
                        const ProtobufCMessage *message, const char *expected)
{
        char *text = text_of(print, table, message);

        cr_expect_str_eq(text, expected);
        free(text);
}

static void expect_json(const struct print *print, const struct ekiden_message *table,
                        const ProtobufCMessage *message, const char *expected)
{
        struct json_object *object = print_json(print, table, message);

        cr_assert_not_null(object);
        cr_expect_str_eq(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN), expected);
        json_object_put(object);
}

static Bureau__V1__Office *office(void)
{
        uint8_t packed[4096];
        size_t size = bureau_pack_office(packed);
        Bureau__V1__Office *message = bureau__v1__office__unpack(NULL, size, packed);

        cr_assert_not_null(message);
        return message;
}

/* protoc reads what was printed, and packs the same bytes of it as were there. */
Test(print, text_of_every_kind_of_field_is_what_protoc_reads)
{
        const struct print print = plain();
        Bureau__V1__Office *message = office();
        char *text = text_of(&print, bureau_table("office"), &message->base);
        char command[1024];
        uint8_t expected[4096], encoded[4097];
        size_t size = bureau_pack_office(expected), n;
        FILE *file;

        bureau_make_folder();
        file = fopen(bureau_path("text"), "w");
        cr_assert_not_null(file);
        fputs(text, file);
        fclose(file);
        snprintf(command, sizeof(command), PROTOC " --encode=bureau.v1.Office bureau_v1.proto < %s",
                 bureau_path("text"));
        file = popen(command, "r");
        cr_assert_not_null(file);
        n = fread(encoded, 1, sizeof(encoded), file);
        cr_expect_eq(pclose(file), 0, "%s", text);
        cr_expect_eq(n, size);
        cr_expect_eq(memcmp(encoded, expected, size), 0, "%s", text);
        bureau_remove_folder();
        free(text);
        bureau__v1__office__free_unpacked(message, NULL);
}

Test(print, json_of_every_kind_of_field_follows_the_mapping)
{
        const struct print print = plain();
        Bureau__V1__Office *message = office();

        expect_json(
                &print, bureau_table("office"), &message->base,
                "{\"one_int32\":-1,\"one_sint32\":-2147483648,\"one_sfixed32\":2147483647,"
                "\"one_int64\":\"-1\",\"one_sint64\":\"-9223372036854775808\","
                "\"one_sfixed64\":\"9223372036854775807\",\"one_uint32\":4294967295,"
                "\"one_fixed32\":1,\"one_uint64\":\"18446744073709551615\",\"one_fixed64\":\"1\","
                "\"one_bool\":false,\"one_float\":-0.1,\"one_double\":\"Infinity\","
                "\"one_colour\":\"RED\",\"one_string\":\"tab\\t駅伝 \\\"quoted\\\"\","
                "\"one_bytes\":\"AGGA\",\"one_office\":{\"code\":4711},\"all_int32\":[1,-1],"
                "\"all_sint64\":[\"-9223372036854775808\",\"5\"],\"all_fixed32\":[0,7],"
                "\"all_bool\":[true,false,true],"
                "\"all_double\":[0.1,-1e+300,0.3333333333333333],\"all_float\":[0.1,16777216],"
                "\"all_colour\":[\"BLUE\",\"GREEN\"],\"all_string\":[\"\",\"two\\nlines\"],"
                "\"all_bytes\":[\"\",\"AP8i\"],"
                "\"all_addresses\":[{\"street\":\"Höhenweg\",\"number\":12,\"floors\":[-1,0],"
                "\"kind\":\"TENT\",\"deep\":{\"inner\":\"SOME\"}},{}],"
                "\"shelf\":[{\"key\":\"x\",\"value\":\"1\"},{\"key\":\"y\",\"value\":\"2\"}],"
                "\"branches\":[{\"key\":-4,\"value\":{\"street\":\"Höhenweg\",\"number\":12,"
                "\"floors\":[-1,0],\"kind\":\"TENT\",\"deep\":{\"inner\":\"SOME\"}}}],"
                "\"elsewhere\":{},\"paint\":\"GREEN\",\"far\":9}");
        bureau__v1__office__free_unpacked(message, NULL);
}

Test(print, secrets_are_shown_on_demand_only)
{
        static const struct ekiden_message *clerks;
        Parts__Address home = PARTS__ADDRESS__INIT;
        struct print print = plain();
        Bureau__V1__Clerk clerk;

        clerks = bureau_table("clerks");
        home.street = (char *)"Geheimgasse";
        bureau_clerk(&clerk, "ann", 27, "swordfish");
        clerk.home = &home;
        expect_text(&print, clerks, &clerk.base,
                    "name: \"ann\"\nage: 27\npassword: (secret)\nhome: (secret)\n");
        expect_json(
                &print, clerks, &clerk.base,
                "{\"name\":\"ann\",\"age\":27,\"password\":\"(secret)\",\"home\":\"(secret)\"}");
        print.show_secrets = true;
        expect_text(&print, clerks, &clerk.base,
                    "name: \"ann\"\nage: 27\npassword: \"swordfish\"\nhome {\n"
                    "  street: \"Geheimgasse\"\n}\n");
        expect_json(&print, clerks, &clerk.base,
                    "{\"name\":\"ann\",\"age\":27,\"password\":\"swordfish\","
                    "\"home\":{\"street\":\"Geheimgasse\"}}");
}

Test(print, descriptors_are_told_in_words)
{
        static const char *const words[] = {"TCP 127.0.0.1:1", "evil \033[2J"};
        struct print print = plain();
        int32_t lines[] = {2, -1};
        Bureau__V1__Clerk clerk;

        print.descriptors = words;
        print.descriptor_count = 2;
        bureau__v1__clerk__init(&clerk);
        clerk.has_telephone = 1;
        clerk.telephone = 1;
        clerk.lines = lines;
        clerk.n_lines = 2;
        expect_text(&print, bureau_table("clerks"), &clerk.base,
                    "telephone: #1 TCP 127.0.0.1:1\nlines: #2 evil ?[2J\nlines: -1\n");
        expect_json(&print, bureau_table("clerks"), &clerk.base,
                    "{\"telephone\":\"TCP 127.0.0.1:1\",\"lines\":[\"evil \\u001b[2J\",null]}");
}

Test(print, text_does_not_move_the_cursor_nor_turn_the_line)
{
        struct print print = plain();
        Bureau__V1__Note note = BUREAU__V1__NOTE__INIT;

        note.text = (char *)"a\033[2Jb\302\205c\342\200\256d\177ä";
        expect_text(&print, NULL, &note.base,
                    "text: \"a\\033[2Jb\\302\\205c\\342\\200\\256d\\177ä\"\n");
        print.allowed = TEXT_ASCII;
        expect_text(&print, NULL, &note.base,
                    "text: \"a\\033[2Jb\\302\\205c\\342\\200\\256d\\177\\303\\244\"\n");
}

Test(print, what_the_schema_does_not_have_is_told_of_and_not_shown)
{
        static const uint8_t packed[] = {0x0a, 1, 'x', 0x7a, 3, 'k', 'e', 'y'};
        const struct print print = plain();
        Bureau__V1__Note *note = bureau__v1__note__unpack(NULL, sizeof(packed), packed);

        cr_assert_not_null(note);
        expect_text(&print, NULL, &note->base, "text: \"x\"\n# field 15 is not in the schema\n");
        expect_json(&print, NULL, &note->base, "{\"text\":\"x\"}");
        bureau__v1__note__free_unpacked(note, NULL);
}

Test(print, a_value_of_an_enum_that_has_no_name_is_a_number)
{
        const struct print print = plain();
        Bureau__V1__Office message = BUREAU__V1__OFFICE__INIT;

        message.has_one_colour = 1;
        message.one_colour = (Bureau__V1__Colour)99;
        expect_text(&print, NULL, &message.base, "one_colour: 99\n");
        expect_json(&print, NULL, &message.base, "{\"one_colour\":99}");
}

Test(print, what_is_no_number_has_its_name)
{
        const struct print print = plain();
        Bureau__V1__Office message = BUREAU__V1__OFFICE__INIT;

        message.has_one_double = message.has_one_float = 1;
        message.one_double = __builtin_nan("");
        message.one_float = -__builtin_inff();
        expect_text(&print, NULL, &message.base, "one_float: -inf\none_double: nan\n");
        expect_json(&print, NULL, &message.base,
                    "{\"one_float\":\"-Infinity\",\"one_double\":\"NaN\"}");
}
