/* SPDX-License-Identifier: MIT */
/*
 * What the generator writes, byte for byte. tests/codegen/update-golden.sh renews the expected
 * files.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "protoc.h"

#define GOLDEN TEST_SOURCE_DIR "/golden"

/* Of each schema two files, and of one that is bound to structs two more. */
static size_t count_expected_outputs(void)
{
        size_t count, total = 0;

        free_files(list_files(GOLDEN, ".ekiden.c", &count));
        total += 2 * count;
        free_files(list_files(GOLDEN, ".native.c", &count));
        return total + 2 * count;
}

static void assert_same_file(const char *name, const char *directory, const char *other_directory)
{
        size_t size, other_size;
        char *text = read_file(directory, name, &size);
        char *other = read_file(other_directory, name, &other_size);

        cr_assert_not_null(text, "%s/%s is not there", directory, name);
        cr_assert_not_null(other, "%s/%s is not there", other_directory, name);
        cr_assert(size == other_size && memcmp(text, other, size) == 0,
                  "%s differs: if it should, run update-golden.sh", name);
        free(text);
        free(other);
}

Test(golden, output_is_the_expected_one)
{
        char scratch[SCRATCH_SIZE], *errors;
        size_t count, output_count;
        char **files = list_files(GOLDEN, ".proto", &count);
        char **outputs;

        cr_assert_geq(count, 8);
        scratch_init(scratch);
        cr_assert_eq(run_protoc(GOLDEN, scratch, files, &errors), 0, "%s", errors);
        outputs = list_files(scratch, "", &output_count);
        cr_assert_eq(output_count, count_expected_outputs());
        for (size_t i = 0; i < output_count; i++)
                assert_same_file(outputs[i], scratch, GOLDEN);
        free(errors);
        free_files(files);
        free_files(outputs);
        scratch_deinit(scratch);
}

Test(golden, a_file_alone_gives_what_it_gives_among_others)
{
        char scratch[SCRATCH_SIZE];
        size_t count, output_count;
        char **files = list_files(GOLDEN, ".proto", &count), **outputs;

        scratch_init(scratch);
        for (size_t i = 0; i < count; i++) {
                char *alone[] = {files[i], NULL};

                cr_assert_eq(run_protoc(GOLDEN, scratch, alone, NULL), 0, "%s", files[i]);
        }
        outputs = list_files(scratch, "", &output_count);
        cr_assert_eq(output_count, count_expected_outputs());
        for (size_t i = 0; i < output_count; i++)
                assert_same_file(outputs[i], scratch, GOLDEN);
        free_files(files);
        free_files(outputs);
        scratch_deinit(scratch);
}

Test(golden, output_is_named_as_that_of_protoc_c)
{
        static const char text[] = "syntax = \"proto2\";\n"
                                   "package tea.v1;\n"
                                   "import \"ekiden/options.proto\";\n"
                                   "option (ekiden.program) = { name: \"tea\" version: 1 };\n"
                                   "message M { option (ekiden.item) = { name: \"m\" }; }\n";
        static const char *const names[][2] = {
                {"tea.proto", "tea"},   {"tea.protodevel", "tea"}, {"tea.proto.proto", "tea.proto"},
                {"tea.txt", "tea.txt"}, {"proto", "proto"},
        };

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                char scratch[SCRATCH_SIZE], *protoc_c, *header, *include, *name;
                char *files[] = {NULL, (char *)"--plugin=protoc-gen-c=" TEST_PROTOC_GEN_C,
                                 (char *)"--c_out=.", NULL};

                scratch_init(scratch);
                files[0] = strdup(names[i][0]);
                write_file(scratch, names[i][0], text);
                cr_assert_eq(run_protoc(scratch, scratch, files, NULL), 0, "%s", names[i][0]);
                cr_assert_geq(asprintf(&name, "%s.pb-c.h", names[i][1]), 0);
                protoc_c = read_file(scratch, name, NULL);
                cr_expect_not_null(protoc_c, "protoc-c wrote no %s", name);
                cr_assert_geq(asprintf(&include, "#include \"%s\"\n", name), 0);
                free(name);
                cr_assert_geq(asprintf(&name, "%s.ekiden.h", names[i][1]), 0);
                header = read_file(scratch, name, NULL);
                cr_assert_not_null(header, "there is no %s", name);
                cr_expect_not_null(strstr(header, include), "%s: %s", names[i][0], include);
                free(header);
                free(include);
                free(name);
                free(protoc_c);
                free(files[0]);
                scratch_deinit(scratch);
        }
}

Test(golden, no_line_is_too_long_unless_names_are)
{
        size_t count, checked = 0;
        char **files = list_files(GOLDEN, "", &count);

        for (size_t i = 0; i < count; i++) {
                char *text, *line, *next;

                if (strstr(files[i], ".ekiden.") == NULL && strstr(files[i], ".native.") == NULL)
                        continue;
                text = read_file(GOLDEN, files[i], NULL);
                cr_assert_not_null(text);
                for (line = text; strstr(text, "clang-format off") == NULL && *line != '\0';
                     line = next) {
                        next = strchrnul(line, '\n');
                        cr_assert_leq(next - line, 100, "%s: %.*s", files[i], (int)(next - line),
                                      line);
                        checked++;
                        next += *next == '\n';
                }
                free(text);
        }
        cr_assert_gt(checked, 100);
        free_files(files);
}
