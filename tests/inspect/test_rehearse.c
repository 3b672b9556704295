/* SPDX-License-Identifier: MIT */
/* --for: which binary could go on from a snapshot; nothing is left of those that were asked. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "bureau.h"
#include "tool.h"

#define SNAPSHOT(name) SNAPSHOTS "/" name ".ekiden"
#define BINARY(sample, name) SAMPLES "/" sample "/" name

static void make_folder(void)
{
        bureau_make_folder();
        setenv("EKIDEN_RUNTIME_DIR", bureau_path("."), 1);
}

/* Control sockets, and children: all gone. */
static void check_and_remove(void)
{
        DIR *directory = opendir(bureau_path("."));
        const struct dirent *entry;

        cr_assert_not_null(directory);
        while ((entry = readdir(directory)))
                cr_expect(strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0, "%s",
                          entry->d_name);
        closedir(directory);
        bureau_remove_folder();
}

TestSuite(rehearse, .init = make_folder, .fini = check_and_remove, .timeout = 60);

static void expect(const char *const *arguments, int exit_status, const char *printed,
                   const char *errors)
{
        struct tool tool;

        tool_run(&tool, arguments);
        cr_expect_eq(tool.exit_status, exit_status, "%d: %s%s", tool.exit_status, tool.printed,
                     tool.errors);
        cr_expect_not_null(strstr(tool.printed, printed), "%s", tool.printed);
        cr_expect_not_null(strstr(tool.errors, errors), "%s", tool.errors);
        tool_deinit(&tool);
}

Test(rehearse, a_binary_that_could_go_on_from_the_snapshot_says_what_it_took)
{
        expect(TOOL_ARGUMENTS("--for", BINARY("registry", "registry-v4"), SNAPSHOT("registry_v1"),
                              "--", "0"),
               0, "registry: schema version 1 -> 4: ", "");
        expect(TOOL_ARGUMENTS("--for", BINARY("registry", "registry-v1"), SNAPSHOT("registry_v4"),
                              "--", "0"),
               0, "ITEM      RECORDS  OBJECTS  BYTES  DESCRIPTORS  TRANSFORMED", "");
        expect(TOOL_ARGUMENTS("--for", BINARY("counter", "counter-v3"), SNAPSHOT("counter_v1"),
                              "--", "0"),
               0, "could go on from it", "");
}

Test(rehearse, what_the_binary_prints_is_not_among_the_output)
{
        struct tool tool;

        tool_run(&tool, TOOL_ARGUMENTS("--json", "--for", BINARY("registry", "registry-v4"),
                                       SNAPSHOT("registry_v4"), "--", "0"));
        cr_expect_eq(tool.exit_status, 0, "%s", tool.errors);
        cr_expect_eq(strncmp(tool.printed, "{\"event\":\"rehearsed\",", 21), 0, "%s", tool.printed);
        cr_expect_eq(strchr(tool.printed, '\n'), tool.printed + strlen(tool.printed) - 1);
        cr_expect_not_null(strstr(tool.printed, "\"program\":\"registry\",\"from_version\":4,"
                                                "\"to_version\":4,\"duration_us\":"),
                           "%s", tool.printed);
        cr_expect_not_null(strstr(tool.printed, "\"left_behind\":[],\"items\":[{\"item\":"), "%s",
                           tool.printed);
        cr_expect_not_null(strstr(tool.errors, "listening on"), "%s", tool.errors);
        tool_deinit(&tool);
}

Test(rehearse, a_binary_without_the_chain_is_refused)
{
        expect(TOOL_ARGUMENTS("--for", BINARY("chat", "chat-v1"), SNAPSHOT("chat_v3"), "--", "0"),
               9, "", "no chain of transformers from version 3");
        expect(TOOL_ARGUMENTS("--for", BINARY("chat", "chat-v1"), SNAPSHOT("chat_v3"), "--", "0"),
               9, "", "  next    use a binary that has the missing transformers");
}

Test(rehearse, another_program_is_refused)
{
        expect(TOOL_ARGUMENTS("--for", BINARY("chat", "chat-v3"), SNAPSHOT("registry_v4"), "--",
                              "0"),
               8, "", "the new binary is chat, and the snapshot is of registry");
}

Test(rehearse, what_is_no_program_of_ekiden_is_refused)
{
        expect(TOOL_ARGUMENTS("--for", "/bin/true", SNAPSHOT("chat_v3")), 13, "",
               "is it built with Ekiden, and does it call ekiden_start() first?\n");
        expect(TOOL_ARGUMENTS("--for", "/nowhere/at/all", SNAPSHOT("chat_v3")), 7, "",
               "EKIDEN_EBINARY");
        expect(TOOL_ARGUMENTS("--json", "--for", "/nowhere/at/all", SNAPSHOT("chat_v3")), 7,
               "\"event\":\"failed\",\"file\":\"/nowhere/at/all\",\"error\":\"EKIDEN_EBINARY\"",
               "");
}

Test(rehearse, a_binary_that_says_nothing_is_not_waited_for_longer_than_asked)
{
        expect(TOOL_ARGUMENTS("--timeout", "0.2", "--for", "/bin/sleep", SNAPSHOT("chat_v3"), "--",
                              "1000"),
               14, "", "EKIDEN_ETIMEOUT");
}

/* The first child of a process, when it has one. */
static pid_t await_child(pid_t pid)
{
        char path[64];
        int child = 0;

        snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
        for (int i = 0; i < 5000 && child == 0; i++) {
                FILE *file = fopen(path, "re");

                cr_assert_not_null(file);
                if (fscanf(file, "%d", &child) != 1)
                        usleep(2000);
                fclose(file);
        }
        cr_assert_gt(child, 0, "no binary was started");
        return child;
}

Test(rehearse, a_signal_ends_it_and_the_binary_that_was_started)
{
        static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

        signal(SIGHUP, SIG_DFL); /* whoever started the tests may ignore it */
        for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
                struct tool tool;
                pid_t child;

                tool_start(&tool,
                           TOOL_ARGUMENTS("--for", "/bin/sleep", SNAPSHOT("chat_v3"), "--", "60"));
                child = await_child(tool.pid);
                cr_assert_eq(kill(tool.pid, signals[i]), 0);
                tool_wait(&tool);
                cr_expect_eq(tool.exit_status, ekiden_error_exit_status(EKIDEN_ECANCELLED),
                             "%d: %s", tool.exit_status, tool.errors);
                cr_expect_eq(kill(child, SIGKILL), -1, "signal %d leaves it behind", signals[i]);
                tool_deinit(&tool);
        }
}

Test(rehearse, of_every_frozen_snapshot_by_every_later_version_succeeds)
{
        static const struct {
                const char *sample;
                int versions;
        } samples[] = {{"counter", 3}, {"chat", 3}, {"registry", 4}};

        for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
                for (int from = 1; from <= samples[i].versions; from++)
                        for (int to = from; to <= samples[i].versions; to++) {
                                char file[512], binary[512];

                                snprintf(file, sizeof(file), SNAPSHOTS "/%s_v%d.ekiden",
                                         samples[i].sample, from);
                                snprintf(binary, sizeof(binary), SAMPLES "/%s/%s-v%d",
                                         samples[i].sample, samples[i].sample, to);
                                expect(TOOL_ARGUMENTS("--for", binary, file, "--", "0"), 0,
                                       "could go on from it", "");
                        }
}
