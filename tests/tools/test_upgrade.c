/* SPDX-License-Identifier: MIT */
/* What is asked of the process, and what an upgrade that goes well looks like. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scene.h"

TestSuite(upgrade, .init = scene_directory_make, .fini = scene_directory_remove, .timeout = 60);

static void expect_binary(const char *given, const char *sent)
{
        struct scene scene;

        scene_start(&scene, TOOL_ARGUMENTS("chat", given));
        cr_assert_str_eq(scene.request->upgrade->binary, sent);
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        scene_deinit(&scene);
}

static void finish(struct scene *scene)
{
        scene_send_until(scene, EKIDEN_PHASE_COMMIT);
        scene_send_committed(scene);
        scene_expect_exit(scene, 0);
        scene_deinit(scene);
}

Test(upgrade, it_asks_for_nothing_but_the_binary_unless_told_so)
{
        struct scene scene;

        scene_start_upgrade(&scene);
        cr_assert_eq(scene.request->protocol, 1);
        cr_assert_null(scene.request->status);
        cr_assert_not_null(scene.request->upgrade);
        cr_assert(!scene.request->upgrade->replace_arguments);
        cr_assert_eq(scene.request->upgrade->n_arguments, 0);
        cr_assert(!scene.request->upgrade->has_timeout_ms);
        finish(&scene);
}

Test(upgrade, a_relative_path_is_sent_as_an_absolute_one)
{
        cr_assert_eq(chdir("/usr/bin"), 0);
        expect_binary("chat-v2", "/usr/bin/chat-v2");
        expect_binary("./chat-v2", "/usr/bin/chat-v2");
        expect_binary("../lib/chat-v2", "/usr/lib/chat-v2");
        expect_binary("/chat-v2", "/chat-v2");
        expect_binary("/etc/../usr/bin/chat-v2", "/usr/bin/chat-v2");
}

Test(upgrade, a_path_that_this_side_cannot_see_is_sent_all_the_same)
{
        cr_assert_eq(chdir("/usr"), 0);
        expect_binary("/nonexistent/chat-v2", "/nonexistent/chat-v2");
        expect_binary("nonexistent/chat-v2", "/usr/nonexistent/chat-v2");
}

Test(upgrade, a_link_at_the_end_of_the_path_stays_a_link)
{
        char path[128];

        snprintf(path, sizeof(path), "%s/current", scene_directory());
        cr_assert_eq(symlink("/bin/true", path), 0);
        expect_binary(path, path);
}

static void expect_argument(const struct scene *scene, size_t place, const char *text)
{
        const ProtobufCBinaryData *argument = &scene->request->upgrade->arguments[place];

        cr_assert_eq(argument->len, strlen(text));
        if (argument->len > 0) /* it is nowhere otherwise */
                cr_assert_arr_eq(argument->data, text, argument->len);
}

Test(upgrade, arguments_behind_two_dashes_replace_the_saved_ones)
{
        struct scene scene;

        scene_start(&scene, TOOL_ARGUMENTS("chat", "x", "--", "--list", "", "7000", "--"));
        cr_assert(scene.request->upgrade->replace_arguments);
        cr_assert_eq(scene.request->upgrade->n_arguments, 4);
        expect_argument(&scene, 0, "--list");
        expect_argument(&scene, 1, "");
        expect_argument(&scene, 2, "7000");
        expect_argument(&scene, 3, "--");
        finish(&scene);
}

Test(upgrade, two_dashes_alone_start_it_without_arguments)
{
        struct scene scene;

        scene_start(&scene, TOOL_ARGUMENTS("chat", "x", "--"));
        cr_assert(scene.request->upgrade->replace_arguments);
        cr_assert_eq(scene.request->upgrade->n_arguments, 0);
        finish(&scene);
}

Test(upgrade, two_dashes_before_the_binary_only_end_the_options)
{
        for (int i = 0; i < 2; i++) {
                struct scene scene;

                scene_start(&scene, i == 0 ? TOOL_ARGUMENTS("--", "chat", "-x")
                                           : TOOL_ARGUMENTS("chat", "--", "-x"));
                cr_assert(!scene.request->upgrade->replace_arguments);
                cr_assert_eq(scene.request->upgrade->n_arguments, 0);
                finish(&scene);
        }
}

Test(upgrade, options_may_stand_anywhere_before_the_two_dashes)
{
        struct scene scene;

        scene_start(&scene, TOOL_ARGUMENTS("chat", "--timeout", "2.5", "x", "--quiet"));
        cr_assert_eq(scene.request->upgrade->timeout_ms, 2500);
        finish(&scene);
}

Test(upgrade, it_returns_only_when_the_last_event_is_there)
{
        struct scene scene;
        struct stat status;

        scene_start_upgrade(&scene);
        scene_send_until(&scene, EKIDEN_PHASE_SERVE);
        usleep(100000);
        cr_assert_eq(waitpid(scene.tool.pid, NULL, WNOHANG), 0, "it has ended");
        cr_assert_eq(fstat(scene.tool.err, &status), 0);
        cr_assert_eq(status.st_size, 0);
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        scene_deinit(&scene);
}

Test(upgrade, the_last_line_has_all_the_figures)
{
        struct scene scene;
        char beginning[128];
        const char *last;

        scene_start_upgrade(&scene);
        scene_send_until(&scene, EKIDEN_PHASE_COMMIT);
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        snprintf(beginning, sizeof(beginning),
                 "chat: v1 (pid %d) \u2192 v2 (pid 4720)  pause 0.42 ms  total ", (int)getpid());
        last = strstr(scene.tool.printed, beginning);
        cr_assert_not_null(last, "%s", scene.tool.printed);
        cr_assert_not_null(strstr(last, " ms  1,204 records  96.3 KiB  203 descriptors\n"), "%s",
                           last);
        cr_assert_str_empty(scene.tool.errors);
        scene_deinit(&scene);
}

Test(upgrade, objects_are_told_of_where_there_are_some)
{
        struct scene scene;

        scene_start_upgrade(&scene);
        scene_send_until(&scene, EKIDEN_PHASE_COMMIT);
        scene.objects = 500000;
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        cr_assert_not_null(strstr(scene.tool.printed,
                                  "  1,204 records  500,000 objects  96.3 KiB  203 descriptors\n"),
                           "%s", scene.tool.printed);
        scene_deinit(&scene);
}

Test(upgrade, a_locale_without_utf8_gets_ascii)
{
        struct scene scene;

        setenv("LC_ALL", "C", 1);
        scene_start_upgrade(&scene);
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        cr_assert_not_null(strstr(scene.tool.printed, " -> v2"), "%s", scene.tool.printed);
        scene_deinit(&scene);
}

/* Whether the line of a phase ends so. */
static bool phase_ends(const struct scene *scene, enum ekiden_phase phase, const char *end)
{
        char beginning[64], line[256] = "";
        const char *found;
        size_t length;

        snprintf(beginning, sizeof(beginning), "chat (pid %d): %-9s ", (int)getpid(),
                 ekiden_phase_name(phase));
        found = strstr(scene->tool.printed, beginning);
        length = found ? strcspn(found, "\n") : 0;
        cr_assert_lt(length, sizeof(line));
        memcpy(line, found ? found : "", length);
        return length > strlen(end) && strcmp(line + length - strlen(end), end) == 0;
}

Test(upgrade, without_a_terminal_each_phase_is_a_line_with_what_it_took)
{
        struct scene scene;

        scene_start_upgrade(&scene);
        scene_send_until(&scene, EKIDEN_PHASE_TRANSFER);
        scene_send_progress(&scene, "members", 3, 10, 3);
        scene_send_phase(&scene, EKIDEN_PHASE_READY);
        scene_send_phase(&scene, EKIDEN_PHASE_COMMIT);
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        cr_expect(phase_ends(&scene, EKIDEN_PHASE_REQUEST, " ms  seen at chat_loop"));
        cr_expect(phase_ends(&scene, EKIDEN_PHASE_CHECK, " 0.25 ms"));
        cr_expect(phase_ends(&scene, EKIDEN_PHASE_WARM, " 0.25 ms"));
        cr_expect(phase_ends(&scene, EKIDEN_PHASE_PAUSE, " 0.25 ms"));
        cr_expect(phase_ends(&scene, EKIDEN_PHASE_TRANSFER,
                             " 0.50 ms  3 records  240 B  3 descriptors"));
        cr_expect(phase_ends(&scene, EKIDEN_PHASE_READY, " 0.25 ms"));
        cr_expect(phase_ends(&scene, EKIDEN_PHASE_COMMIT, " 0.25 ms"), "%s", scene.tool.printed);
        cr_assert_null(strchr(scene.tool.printed, '\033'));
        cr_assert_null(strchr(scene.tool.printed, '\r'));
        scene_deinit(&scene);
}

Test(upgrade, without_a_terminal_the_phase_that_failed_is_a_line_too)
{
        struct scene scene;

        scene_start_upgrade(&scene);
        scene_send_until(&scene, EKIDEN_PHASE_TRANSFER);
        scene_send_failed(&scene, EKIDEN_ETRANSFORMER, "this is why");
        scene_expect_exit(&scene, 11);
        cr_expect(phase_ends(&scene, EKIDEN_PHASE_PAUSE, " 0.25 ms"));
        cr_expect(phase_ends(&scene, EKIDEN_PHASE_TRANSFER, " ms  not finished"), "%s",
                  scene.tool.printed);
        scene_deinit(&scene);
}

Test(upgrade, without_a_terminal_a_request_that_was_seen_and_refused_is_over)
{
        struct scene scene;

        scene_start_upgrade(&scene);
        scene_send_seen(&scene);
        scene_send_failed(&scene, EKIDEN_EBUSY, "another upgrade is under way");
        scene_expect_exit(&scene, 6);
        cr_expect(phase_ends(&scene, EKIDEN_PHASE_REQUEST, " ms  seen at chat_loop"));
        scene_deinit(&scene);
}

Test(upgrade, quiet_says_nothing_when_all_is_well)
{
        struct scene scene;

        scene_start(&scene, TOOL_ARGUMENTS("--quiet", "chat", "x"));
        scene_send_until(&scene, EKIDEN_PHASE_COMMIT);
        scene_send_progress(&scene, "members", 3, 10, 3);
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        cr_assert_str_empty(scene.tool.printed);
        cr_assert_str_empty(scene.tool.errors);
        scene_deinit(&scene);
}

Test(upgrade, quiet_says_why_it_failed)
{
        struct scene scene;

        scene_start(&scene, TOOL_ARGUMENTS("--quiet", "chat", "x"));
        scene_send_failed(&scene, EKIDEN_EBUSY, "another upgrade is under way");
        scene_expect_exit(&scene, 6);
        cr_assert_str_empty(scene.tool.printed);
        cr_assert_not_null(strstr(scene.tool.errors, "another upgrade is under way"));
        scene_deinit(&scene);
}

Test(upgrade, a_reader_that_goes_away_does_not_end_it)
{
        struct scene scene = {.listener = scene_listen("chat", getpid())};
        int ends[2];

        cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
        close(ends[0]);
        tool_start_into(&scene.tool, TOOL_ARGUMENTS("chat", "x"), ends[1]);
        scene_accept(&scene);
        scene_send_until(&scene, EKIDEN_PHASE_COMMIT);
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        cr_assert_not_null(strstr(scene.tool.errors, "cannot write the output"));
        scene_deinit(&scene);
}

Test(upgrade, output_that_cannot_be_written_does_not_undo_it)
{
        struct scene scene = {.listener = scene_listen("chat", getpid())};

        tool_start_into(&scene.tool, TOOL_ARGUMENTS("--json", "chat", "x"),
                        open("/dev/full", O_WRONLY | O_CLOEXEC));
        scene_accept(&scene);
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        cr_assert_not_null(strstr(scene.tool.errors, "cannot write the output"));
        scene_deinit(&scene);
}

Test(upgrade, closed_standard_descriptors_do_not_become_the_control_socket)
{
        struct scene scene = {.listener = scene_listen("chat", getpid())};
        const struct ek_wait patience = {.idle_ms = TOOL_DEADLINE_MS};
        struct ek_frame frame;

        tool_start_closed(&scene.tool, TOOL_ARGUMENTS("chat", "x"));
        scene_accept(&scene);
        scene_send_until(&scene, EKIDEN_PHASE_COMMIT);
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        cr_assert_not_null(strstr(scene.tool.errors, "cannot write the output"));
        cr_assert_eq(ek_link_receive(scene.link, &patience, &frame), EKIDEN_EPEER,
                     "it sent more than its request");
        scene_deinit(&scene);
}
