/* SPDX-License-Identifier: MIT */
/*
 * Hops from pairs of schemas: what is written, byte for byte; which pairs are refused, where, and
 * in which words; and what a linker says where the user's function is missing.
 * tests/codegen/hops/update-golden.sh renews the expected files.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "protoc.h"

#define GOLDEN TEST_SOURCE_DIR "/hops/golden"
#define BAD TEST_SOURCE_DIR "/hops/bad"

/* Runs protoc on a pair; returns its exit status. */
static int run_pair(const char *directory, const char *words, const char *scratch, const char *name,
                    bool newer_first, char **ret_errors)
{
        char *files[3] = {NULL}, *out;
        int status;

        cr_assert_geq(asprintf(&files[newer_first], "%s_v1.proto", name), 0);
        cr_assert_geq(asprintf(&files[!newer_first], "%s_v2.proto", name), 0);
        cr_assert_geq(asprintf(&out, "%s:%s", words, scratch), 0);
        status = run_protoc(directory, out, files, ret_errors);
        free(out);
        free(files[0]);
        free(files[1]);
        return status;
}

/* The pairs of a directory, by the names of their older files without "_v1.proto". */
static char **list_pairs(const char *directory, size_t *ret_count)
{
        char **files = list_files(directory, "_v1.proto", ret_count);

        for (size_t i = 0; i < *ret_count; i++)
                files[i][strlen(files[i]) - strlen("_v1.proto")] = '\0';
        return files;
}

static void assert_same_file(const char *name, const char *scratch)
{
        char *text = read_file(scratch, name, NULL), *expected = read_file(GOLDEN, name, NULL);

        cr_assert_not_null(text, "%s was not written", name);
        cr_assert_not_null(expected, "%s is not expected", name);
        cr_assert(strcmp(text, expected) == 0, "%s differs: if it should, run update-golden.sh",
                  name);
        free(text);
        free(expected);
}

static const char *const words[] = {"hop", "downgrade", "scaffold", "scaffold,downgrade"};

Test(hops, output_is_the_expected_one_whichever_schema_is_named_first)
{
        char scratch[SCRATCH_SIZE], *errors;
        size_t pair_count, count;
        char **pairs = list_pairs(GOLDEN, &pair_count), **outputs;

        cr_assert_geq(pair_count, 5);
        for (int newer_first = 0; newer_first < 2; newer_first++) {
                scratch_init(scratch);
                for (size_t i = 0; i < pair_count; i++)
                        for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++) {
                                cr_assert_eq(run_pair(GOLDEN, words[k], scratch, pairs[i],
                                                      newer_first, &errors),
                                             0, "%s: %s", pairs[i], errors);
                                free(errors);
                        }
                outputs = list_files(scratch, "", &count);
                cr_assert_eq(count, 6 * pair_count);
                for (size_t i = 0; i < count; i++)
                        assert_same_file(outputs[i], scratch);
                free_files(outputs);
                scratch_deinit(scratch);
        }
        free_files(pairs);
}

Test(hops, each_faulty_pair_is_refused_with_place_and_sentence_in_both_directions)
{
        char scratch[SCRATCH_SIZE];
        size_t pair_count, count;
        char **pairs = list_pairs(BAD, &pair_count);

        cr_assert_geq(pair_count, 15);
        scratch_init(scratch);
        for (size_t i = 0; i < pair_count; i++) {
                char *name, *expected, *errors;

                cr_assert_geq(asprintf(&name, "%s.expected", pairs[i]), 0);
                expected = read_file(BAD, name, NULL);
                cr_assert_not_null(expected, "%s is not there", name);
                cr_assert_neq(run_pair(BAD, "hop", scratch, pairs[i], false, &errors), 0, "%s",
                              pairs[i]);
                cr_assert_str_eq(errors, expected, "%s", pairs[i]);
                free(errors);
                /* What is looked up on the way up is nothing to the way down. */
                if (strncmp(pairs[i], "lookup_", 7) != 0) {
                        cr_assert_neq(run_pair(BAD, "downgrade", scratch, pairs[i], false, &errors),
                                      0, "%s", pairs[i]);
                        cr_assert_str_eq(errors, expected, "%s, downgrade", pairs[i]);
                        free(errors);
                }
                free(expected);
                free(name);
        }
        free_files(list_files(scratch, "", &count));
        cr_expect_eq(count, 0, "a refused pair leaves no output");
        free_files(pairs);
        scratch_deinit(scratch);
}

static void expect_refused(const char *out, char *const *files, const char *sentence)
{
        char *errors;

        cr_expect_neq(run_protoc(GOLDEN, out, files, &errors), 0, "%s", out);
        cr_expect_not_null(strstr(errors, sentence), "%s", errors);
        free(errors);
}

Test(hops, a_hop_takes_two_versions_of_one_program)
{
        char *one[] = {(char *)"zoo_v1.proto", NULL};
        char *three[] = {(char *)"zoo_v1.proto", (char *)"zoo_v2.proto", (char *)"shop_v1.proto",
                         NULL};
        char *others[] = {(char *)"zoo_v1.proto", (char *)"shop_v2.proto", NULL};

        expect_refused("hop:/nonexistent", one, "and 1 was given");
        expect_refused("hop:/nonexistent", three, "and 3 were given");
        expect_refused("hop:/nonexistent", others, "a hop is made of two versions of one program");
}

Test(hops, an_unknown_word_is_refused_with_those_that_are_known)
{
        char *files[] = {(char *)"zoo_v1.proto", (char *)"zoo_v2.proto", NULL};

        expect_refused("hop,quick:/nonexistent", files, "does not know the parameter \"quick\"");
        expect_refused("quick:/nonexistent", files, "\"hop\", \"downgrade\", \"scaffold\"");
}

/* What a shell prints; free() it. */
static char *output_of(const char *command)
{
        FILE *stream = popen(command, "r");
        char *text = calloc(1, 1 << 20);

        cr_assert_not_null(stream);
        cr_assert_not_null(text);
        cr_assert_lt(fread(text, 1, (1 << 20) - 1, stream), (1 << 20) - 1);
        pclose(stream);
        return text;
}

/* The linker's words on the hop of the zoo, linked with some more and nothing else. */
static char *link_zoo(const char *more)
{
        char scratch[SCRATCH_SIZE], *command, *text;

        scratch_init(scratch);
        cr_assert_geq(asprintf(&command,
                               "cd '%s' && protoc-c -I" GOLDEN " -I" TEST_IDL_DIR
                               " -I" TEST_PROTOBUF_DIR " --c_out=. zoo_v1.proto zoo_v2.proto && "
                               "'%s' --plugin=protoc-gen-ekiden='%s' -I" GOLDEN " -I" TEST_IDL_DIR
                               " -I" TEST_PROTOBUF_DIR " --ekiden_out=. zoo_v1.proto "
                               "zoo_v2.proto && LC_ALL=C " TEST_LINKING_CC " -g -I. -I" GOLDEN
                               " -I" TEST_IDL_DIR " -I" TEST_ROOT_DIR "/transformers/include "
                               "-I" TEST_ROOT_DIR "/runtime/include -shared -fPIC -Wl,-z,defs "
                               "-o zoo.so " GOLDEN "/zoo_v1_to_v2.hop.c %s 2>&1",
                               scratch, TEST_PROTOC, TEST_PLUGIN, more),
                      0);
        text = output_of(command);
        free(command);
        scratch_deinit(scratch);
        return text;
}

Test(hops, a_missing_function_is_named_by_the_linker_and_the_place_says_where_it_is_declared)
{
        static const char hint[] =
                "        /* Not found? It is yours to write: see zoo_v1_to_v2.hop.h. */\n";
        char *text = link_zoo(""), *source = read_file(GOLDEN, "zoo_v1_to_v2.hop.c", NULL);
        char *place, *complete;
        int line = 2;

        cr_assert_not_null(strstr(source, hint));
        for (char *at = source; at < strstr(source, hint); at++)
                line += *at == '\n';
        cr_expect_not_null(strstr(text, "undefined reference to `zoo_v1_to_v2_creature'"), "%s",
                           text);
        cr_assert_geq(asprintf(&place, "zoo_v1_to_v2.hop.c:%d: undefined", line), 0);
        cr_expect_not_null(strstr(text, place), "%s: %s", place, text);
        complete = link_zoo(GOLDEN "/zoo_v1_to_v2.scaffold.c");
        cr_expect_null(strstr(complete, "undefined reference to `zoo_v1_to_v2_creature'"), "%s",
                       complete);
        cr_expect_not_null(strstr(complete, "undefined reference"),
                           "the library's functions are still missing");
        free(place);
        free(complete);
        free(text);
        free(source);
}
