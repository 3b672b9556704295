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
        size_t count, output_count, expected_count;
        char **files = list_files(GOLDEN, ".proto", &count);
        char **outputs, **expected;

        cr_assert_geq(count, 5);
        scratch_init(scratch);
        cr_assert_eq(run_protoc(GOLDEN, scratch, files, &errors), 0, "%s", errors);
        outputs = list_files(scratch, "", &output_count);
        expected = list_files(GOLDEN, ".ekiden.c", &expected_count);
        cr_assert_eq(output_count, 2 * count);
        cr_assert_eq(expected_count, count);
        for (size_t i = 0; i < output_count; i++)
                assert_same_file(outputs[i], scratch, GOLDEN);
        free(errors);
        free_files(files);
        free_files(outputs);
        free_files(expected);
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
        cr_assert_eq(output_count, 2 * count);
        for (size_t i = 0; i < output_count; i++)
                assert_same_file(outputs[i], scratch, GOLDEN);
        free_files(files);
        free_files(outputs);
        scratch_deinit(scratch);
}

Test(golden, no_line_is_too_long_unless_names_are)
{
        size_t count, checked = 0;
        char **files = list_files(GOLDEN, "", &count);

        for (size_t i = 0; i < count; i++) {
                char *text, *line, *next;

                if (strstr(files[i], ".ekiden.") == NULL)
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
