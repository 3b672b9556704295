/* SPDX-License-Identifier: MIT */
/*
 * protoc-gen-ekiden at a shell: what it prints about itself, and that a full disk is no success.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <criterion/criterion.h>

#include "protoc.h"

/* Runs the plugin with what a shell makes of the arguments; returns its exit status. */
static int run_shell(const char *arguments)
{
        char *command;
        int status;

        cr_assert_geq(asprintf(&command, "'%s' %s", TEST_PLUGIN, arguments), 0);
        status = system(command);
        free(command);
        cr_assert(WIFEXITED(status));
        return WEXITSTATUS(status);
}

/* What it writes to stdout, or to stderr while stdout is a full disk; free() it. */
static char *output_of(const char *arguments, bool full, int expected_status)
{
        char scratch[SCRATCH_SIZE], *command, *output;

        scratch_init(scratch);
        cr_assert_geq(asprintf(&command, "%s %s '%s/output'", arguments,
                               full ? "> /dev/full 2>" : ">", scratch),
                      0);
        cr_expect_eq(run_shell(command), expected_status, "%s", command);
        free(command);
        output = read_file(scratch, "output", NULL);
        cr_assert_not_null(output);
        scratch_deinit(scratch);
        return output;
}

Test(command, says_what_it_is)
{
        char *version = output_of("--version", false, 0), *help = output_of("--help", false, 0);

        cr_expect_str_eq(version, "protoc-gen-ekiden " EKIDEN_BUILD_VERSION "\n");
        cr_expect_not_null(strstr(help, "--ekiden_out=DIR"), "%s", help);
        free(version);
        free(help);
}

Test(command, fails_with_a_sentence_where_it_cannot_write)
{
        static const char *const arguments[] = {"--version", "--help", "< /dev/null"};

        for (size_t i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++) {
                char *errors = output_of(arguments[i], true, 1);

                cr_expect_not_null(strstr(errors, "could not be written: No space left"), "%s: %s",
                                   arguments[i], errors);
                free(errors);
        }
}
