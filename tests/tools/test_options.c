/* SPDX-License-Identifier: MIT */
/* The command line. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "scene.h"

TestSuite(options, .init = scene_directory_make, .fini = scene_directory_remove, .timeout = 60);

static void expect_usage_error(const char *const *arguments)
{
        struct tool tool;

        tool_run(&tool, arguments);
        cr_expect_eq(tool.exit_status, 64, "exit status %d: %s%s", tool.exit_status, tool.printed,
                     tool.errors);
        cr_expect_str_empty(tool.printed);
        cr_expect_not_null(strstr(tool.errors, "ekiden-upgrade"));
        tool_deinit(&tool);
}

Test(options, what_cannot_be_understood_is_a_usage_error)
{
        expect_usage_error(TOOL_ARGUMENTS(NULL));
        expect_usage_error(TOOL_ARGUMENTS("chat"));
        expect_usage_error(TOOL_ARGUMENTS("chat", ""));
        expect_usage_error(TOOL_ARGUMENTS("chat", "x", "y"));
        expect_usage_error(TOOL_ARGUMENTS("--", "chat", "x", "y"));
        expect_usage_error(TOOL_ARGUMENTS("--status"));
        expect_usage_error(TOOL_ARGUMENTS("--status", "chat", "x"));
        expect_usage_error(TOOL_ARGUMENTS("chat", "x", "--status"));
        expect_usage_error(TOOL_ARGUMENTS("--list", "chat"));
        expect_usage_error(TOOL_ARGUMENTS("--list", "--status", "chat"));
        expect_usage_error(TOOL_ARGUMENTS("--snapshot", "chat"));
        expect_usage_error(TOOL_ARGUMENTS("--snapshot", "", "chat"));
        expect_usage_error(TOOL_ARGUMENTS("--snapshot", "-", "chat"));
        expect_usage_error(TOOL_ARGUMENTS("--snapshot", "file", "chat", "x"));
        expect_usage_error(TOOL_ARGUMENTS("--snapshot", "file", "--status", "chat"));
        expect_usage_error(TOOL_ARGUMENTS("--json", "--quiet", "--list"));
        expect_usage_error(TOOL_ARGUMENTS("--wait"));
        expect_usage_error(TOOL_ARGUMENTS("--wait", "--status", "chat"));
        expect_usage_error(TOOL_ARGUMENTS("--wait", "--cancel", "chat"));
        expect_usage_error(TOOL_ARGUMENTS("--wait", "--list"));
        expect_usage_error(TOOL_ARGUMENTS("--cancel"));
        expect_usage_error(TOOL_ARGUMENTS("--cancel", "chat", "x"));
        expect_usage_error(TOOL_ARGUMENTS("--cancel", "--status", "chat"));
        expect_usage_error(TOOL_ARGUMENTS("--watch", "1", "chat", "x"));
        expect_usage_error(TOOL_ARGUMENTS("--watch", "61", "--status", "chat"));
        expect_usage_error(TOOL_ARGUMENTS("--watch", "0", "--status", "chat"));
        expect_usage_error(TOOL_ARGUMENTS("--verify", "--list"));
        expect_usage_error(TOOL_ARGUMENTS("--verify", "--status", "chat"));
        expect_usage_error(TOOL_ARGUMENTS("--verify", "--snapshot", "file", "chat"));
        expect_usage_error(TOOL_ARGUMENTS("--verify", "--cancel", "chat"));
        expect_usage_error(TOOL_ARGUMENTS("--verify", "chat"));
        expect_usage_error(TOOL_ARGUMENTS("--no-such-option"));
}

Test(options, a_snapshot_without_a_file_or_a_program_is_told_as_that)
{
        struct tool tool;

        tool_run(&tool, TOOL_ARGUMENTS("--snapshot", "jobd"));
        cr_expect_not_null(strstr(tool.errors, "\"jobd\" was taken for FILE"), "%s", tool.errors);
        tool_deinit(&tool);
        tool_run(&tool, TOOL_ARGUMENTS("--snapshot", "-", "jobd"));
        cr_expect_not_null(strstr(tool.errors, "not to standard output"), "%s", tool.errors);
        tool_deinit(&tool);
}

Test(options, a_timeout_is_a_number_of_seconds_within_a_day)
{
        static const char *const wrong[] = {"",    "x",     "1x",  "-1",  "0",
                                            "nan", "86401", "inf", "1e9", "0.0001"};

        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
                expect_usage_error(TOOL_ARGUMENTS("--timeout", wrong[i], "--list"));
}

Test(options, help_names_every_option_and_every_exit_status)
{
        static const char *const options[] = {
                "--list",          "--status",   "--watch=SECONDS", "--wait",   "--cancel",
                "--snapshot=FILE", "--rehearse", "--times=N",       "--verify", "--timeout=SECONDS",
                "--json",          "--quiet",    "--help",          "--version"};
        struct tool tool;

        tool_run(&tool, TOOL_ARGUMENTS("--help"));
        cr_assert_eq(tool.exit_status, 0);
        cr_assert_str_empty(tool.errors);
        for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
                cr_expect_not_null(strstr(tool.printed, options[i]), "%s", options[i]);
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
        cr_assert_str_eq(tool.printed, "ekiden-upgrade " EKIDEN_BUILD_VERSION "\n");
        cr_assert_str_empty(tool.errors);
        tool_deinit(&tool);
}

Test(options, an_answer_that_cannot_be_written_is_a_failure)
{
        static const char *const questions[] = {"--help", "--usage", "--version"};

        for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
                struct tool tool;

                tool_start_into(&tool, TOOL_ARGUMENTS(questions[i]),
                                open("/dev/full", O_WRONLY | O_CLOEXEC));
                tool_wait(&tool);
                cr_expect_eq(tool.exit_status, ekiden_error_exit_status(EKIDEN_ESYSTEM), "%s: %d",
                             questions[i], tool.exit_status);
                cr_expect(strstr(tool.errors, "cannot write the output"), "%s", tool.errors);
                tool_deinit(&tool);
        }
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
        for (const char *const *option = TOOL_ARGUMENTS(
                     "list", "status", "watch", "wait", "cancel", "snapshot", "rehearse", "times",
                     "verify", "timeout", "json", "quiet", "help", "version");
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
