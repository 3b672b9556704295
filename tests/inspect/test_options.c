/* SPDX-License-Identifier: MIT */
/* The command line: what it cannot be, and what it says of itself. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>
#include <ekiden/error.h>

#include "tool.h"

Test(options, that_make_no_sense_are_refused_with_what_to_do)
{
        static const struct {
                const char *arguments[6];
                const char *words;
        } cases[] = {
                {{NULL}, "which file?"},
                {{"", NULL}, "the path of a snapshot is empty"},
                {{"a", "b", NULL}, "too many arguments: \"b\""},
                {{"diff", "a", NULL}, "diff takes two files"},
                {{"diff", "a", "b", "c", NULL}, "too many arguments: \"c\""},
                {{"diff", "a", "", NULL}, "the path of a snapshot is empty"},
                {{"--key", "k", "a", NULL}, "--key and --head go with --item"},
                {{"--head", "1", "a", NULL}, "--key and --head go with --item"},
                {{"--item", "i", "--head", "-1", "a", NULL}, "--head takes a number"},
                {{"--item", "i", "--head", "1x", "a", NULL}, "--head takes a number"},
                {{"--item", "i", "--item", "j", "a", NULL}, "--item is given twice"},
                {{"diff", "a", "b", "--key", "k", NULL}, "--key and --head go with --item"},
                {{"--for", "b", "--item", "i", "a", NULL}, "--for goes with neither"},
                {{"--for", "b", "diff", "a", "b", NULL}, "--for goes with neither"},
                {{"--for", "", "a", NULL}, "the path of the new binary is empty"},
                {{"--for", "b", "a", "c", NULL}, "the new version's own come after --"},
                {{"--timeout", "1", "a", NULL}, "--timeout goes with --for"},
                {{"--timeout", "0", "--for", "b", "a", NULL}, "--timeout takes a number"},
                {{"--no-such", "a", NULL}, "unrecognized option"},
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct tool tool;

                tool_run(&tool, cases[i].arguments);
                cr_expect_eq(tool.exit_status, 64, "%s: %d", cases[i].words, tool.exit_status);
                cr_expect_str_empty(tool.printed);
                cr_expect_not_null(strstr(tool.errors, cases[i].words), "not \"%s\": %s",
                                   cases[i].words, tool.errors);
                tool_deinit(&tool);
        }
}

Test(options, help_lists_every_exit_status)
{
        struct tool tool;

        tool_run(&tool, TOOL_ARGUMENTS("--help"));
        cr_assert_eq(tool.exit_status, 0);
        cr_expect_str_empty(tool.errors);
        cr_expect_not_null(strstr(tool.printed, "\n  1   with diff: they differ\n"));
#define EXPECT_STATUS(name, value, exit_status, sentence)                             \
        {                                                                             \
                char line[128];                                                       \
                snprintf(line, sizeof(line), "\n  %-3d %s\n", exit_status, sentence); \
                cr_expect_not_null(strstr(tool.printed, line), "%s", line);           \
        }
        EKIDEN_ERRORS(EXPECT_STATUS)
#undef EXPECT_STATUS
        tool_deinit(&tool);
}

Test(options, version_is_one_line)
{
        struct tool tool;

        tool_run(&tool, TOOL_ARGUMENTS("--version"));
        cr_assert_eq(tool.exit_status, 0);
        cr_assert_str_eq(tool.printed, "ekiden-inspect " EKIDEN_BUILD_VERSION "\n");
        tool_deinit(&tool);
}

Test(options, an_answer_that_cannot_be_written_is_a_failure)
{
        struct tool tool;

        tool_start_into(&tool, TOOL_ARGUMENTS("--help"), open("/dev/full", O_WRONLY | O_CLOEXEC));
        tool_wait(&tool);
        cr_expect_eq(tool.exit_status, ekiden_error_exit_status(EKIDEN_ESYSTEM));
        cr_expect_not_null(strstr(tool.errors, "cannot write the output"), "%s", tool.errors);
        tool_deinit(&tool);
}

Test(options, the_manual_page_documents_every_option_and_every_exit_status)
{
        static char page[65536];
        FILE *file = fopen(MANUAL_PAGE, "r");
        size_t size;

        cr_assert_not_null(file);
        size = fread(page, 1, sizeof(page) - 1, file);
        fclose(file);
        cr_assert_lt(size, sizeof(page) - 1);
        for (const char *const *option = TOOL_ARGUMENTS("item", "key", "head", "for", "timeout",
                                                        "json", "show-secrets", "help", "version");
             *option; option++) {
                char macro[64];

                snprintf(macro, sizeof(macro), "\n.It Fl -%s", *option);
                cr_expect_not_null(strstr(page, macro), "%s", macro);
        }
#define EXPECT_STATUS(name, value, exit_status, sentence)                                         \
        {                                                                                         \
                char line[128];                                                                   \
                snprintf(line, sizeof(line), "\n.It %d Ta Dv EKIDEN_%s Ta ", exit_status, #name); \
                cr_expect_not_null(strstr(page, line), "%s", line);                               \
        }
        EKIDEN_ERRORS(EXPECT_STATUS)
#undef EXPECT_STATUS
}
