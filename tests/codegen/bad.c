/* SPDX-License-Identifier: MIT */
/*
 * What the generator refuses, where, and in which words: a faulty schema for each rule.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "protoc.h"

#define BAD TEST_SOURCE_DIR "/bad"

/* Checks every line of an expected file: FILE:LINE:COLUMN: error: SENTENCE. */
static void assert_well_formed(const char *file, const char *text)
{
        int last_line = 0;

        cr_assert_neq(*text, '\0', "%s", file);
        while (*text != '\0') {
                int line = 0, column = 0, used = 0;

                sscanf(text, "%*[^:]:%d:%d: error: %n", &line, &column, &used);
                cr_assert(used > 0 && line > 0 && column > 0, "%s: %s", file, text);
                cr_assert_geq(line, last_line, "%s is not in the order of lines", file);
                last_line = line;
                text = strchrnul(text, '\n');
                text += *text == '\n';
        }
}

Test(bad, each_faulty_schema_is_refused_with_place_and_sentence)
{
        char scratch[SCRATCH_SIZE];
        size_t count, output_count;
        char **files = list_files(BAD, ".proto", &count), **outputs;

        cr_assert_geq(count, 40);
        scratch_init(scratch);
        for (size_t i = 0; i < count; i++) {
                char *alone[] = {files[i], NULL}, *errors, *expected, *name;

                cr_assert_geq(asprintf(&name, "%.*sexpected", (int)strlen(files[i]) - 5, files[i]),
                              0);
                expected = read_file(BAD, name, NULL);
                cr_assert_not_null(expected, "%s is not there", name);
                assert_well_formed(name, expected);
                cr_assert_neq(run_protoc(BAD, scratch, alone, &errors), 0, "%s", files[i]);
                cr_assert_str_eq(errors, expected, "%s", files[i]);
                free(errors);
                free(expected);
                free(name);
        }
        outputs = list_files(scratch, "", &output_count);
        cr_assert_eq(output_count, 0, "a refused schema leaves no output");
        free_files(outputs);
        free_files(files);
        scratch_deinit(scratch);
}

Test(bad, one_faulty_file_refuses_the_request)
{
        char scratch[SCRATCH_SIZE], *errors;
        char *files[] = {"good_v1.proto", "bad_v1.proto", "worse_v1.proto", NULL};
        char **outputs;
        size_t count;

        scratch_init(scratch);
        write_file(scratch, "good_v1.proto",
                   "syntax = \"proto2\";\n"
                   "package good.v1;\n"
                   "import \"ekiden/options.proto\";\n"
                   "option (ekiden.program) = { name: \"good\" version: 1 };\n"
                   "message M { option (ekiden.item) = { name: \"m\" }; }\n");
        write_file(scratch, "bad_v1.proto", "syntax = \"proto2\"; package bad.v1;\n");
        write_file(scratch, "worse_v1.proto", "\nsyntax = \"proto2\"; package worse.v1;\n");
        cr_assert_neq(run_protoc(scratch, scratch, files, &errors), 0);
        cr_assert(strncmp(errors, "bad_v1.proto:1:1: error: ", 25) == 0, "%s", errors);
        cr_assert_not_null(strstr(errors, "\nworse_v1.proto:2:1: error: "), "%s", errors);
        cr_assert_null(strstr(errors, "good_v1.proto"), "%s", errors);
        free_files(list_files(scratch, ".ekiden.h", &count));
        cr_assert_eq(count, 0);
        outputs = list_files(scratch, ".ekiden.c", &count);
        cr_assert_eq(count, 0);
        free_files(outputs);
        free(errors);
        scratch_deinit(scratch);
}

Test(bad, two_files_of_one_version_are_refused)
{
        static const char format[] = "syntax = \"proto2\";\n"
                                     "package %s.tea.v%d;\n"
                                     "import \"ekiden/options.proto\";\n"
                                     "option (ekiden.program) = { name: \"tea\" version: %d };\n"
                                     "message M { option (ekiden.item) = { name: \"m\" }; }\n";
        char scratch[SCRATCH_SIZE], text[512], *errors;
        char *twins[] = {"one.proto", "two.proto", NULL},
             *others[] = {"one.proto", "v2.proto", NULL};

        scratch_init(scratch);
        snprintf(text, sizeof(text), format, "one", 1, 1);
        write_file(scratch, "one.proto", text);
        snprintf(text, sizeof(text), format, "two", 1, 1);
        write_file(scratch, "two.proto", text);
        snprintf(text, sizeof(text), format, "two", 2, 2);
        write_file(scratch, "v2.proto", text);
        cr_expect_neq(run_protoc(scratch, scratch, twins, &errors), 0);
        cr_expect_str_eq(errors, "two.proto:4:1: error: version 1 of program \"tea\" is there "
                                 "already, in one.proto: give one of them another version\n");
        free(errors);
        cr_expect_eq(run_protoc(scratch, scratch, others, &errors), 0, "%s", errors);
        free(errors);
        scratch_deinit(scratch);
}

Test(bad, a_file_whose_name_cannot_be_written_into_c_is_refused_in_its_first_line)
{
        static const char text[] = "syntax = \"proto2\";\n"
                                   "package tea.v1;\n"
                                   "import \"ekiden/options.proto\";\n"
                                   "option (ekiden.program) = { name: \"tea\" version: 1 };\n"
                                   "message M { option (ekiden.item) = { name: \"m\" }; }\n";
        char *names[] = {"te\"a.proto", "te\ta.proto", "te\x7f.proto"};
        char scratch[SCRATCH_SIZE];

        scratch_init(scratch);
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                char *files[] = {names[i], NULL}, *errors, *expected;

                write_file(scratch, names[i], text);
                cr_assert_geq(asprintf(&expected,
                                       "%s:1:1: error: the file's name cannot be written into C: "
                                       "rename it without quotes, backslashes, control characters "
                                       "and the marks of comments\n",
                                       names[i]),
                              0);
                cr_expect_neq(run_protoc(scratch, scratch, files, &errors), 0);
                cr_expect_str_eq(errors, expected);
                free(errors);
                free(expected);
        }
        scratch_deinit(scratch);
}

Test(bad, a_parameter_is_refused)
{
        char scratch[SCRATCH_SIZE], *errors;
        char *files[] = {"--ekiden_opt=fast", "code_size.proto", NULL};

        scratch_init(scratch);
        cr_assert_neq(run_protoc(BAD, scratch, files, &errors), 0);
        cr_assert_not_null(strstr(errors, "\"fast\""), "%s", errors);
        free(errors);
        scratch_deinit(scratch);
}
