/* SPDX-License-Identifier: MIT */
/*
 * --spawn-here: the tool starts the new version, which here is a script (spawned.h): when, with
 * what, and what it says where it cannot. What is ended is in test_spawn_here_end.c, whose word is
 * believed in test_spawn_here_word.c.
 */
#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "spawned.h"

TestSuite(spawn_here, .init = spawned_make, .fini = spawned_unmake, .timeout = 60);

Test(spawn_here, the_process_gets_its_end_of_the_pair_and_the_token_of_this_handover)
{
        struct scene scene;
        const Ekiden__UpgradeRequest *asked;
        char token[64] = "token 1:", type[64];
        int size = 0;

        spawned_start(&scene, "serve");
        asked = scene.request->upgrade;
        cr_expect_eq(scene.request->protocol, 5);
        cr_expect_str_eq(asked->binary, spawned_binary);
        cr_assert(asked->has_given && asked->given.len == 16);
        for (size_t i = 0; i < asked->given.len; i++)
                size += snprintf(type + size, sizeof(type) - (size_t)size, "%02x",
                                 asked->given.data[i]);
        strcat(strcat(token, type), ":given.");
        cr_expect_not_null(strstr(spawned_notes(), token), "%s is not in %s", token,
                           spawned_notes());
        cr_expect_not_null(strstr(spawned_notes(), "socket socket:"));
        cr_assert_gt(scene.given, 0);
        spawned_fail(&scene);
}

Test(spawn_here, arguments_that_the_process_could_not_tell_must_be_given)
{
        Ekiden__Event event = EKIDEN__EVENT__INIT;
        struct scene scene;

        scene_start(&scene, TOOL_ARGUMENTS("--spawn-here", "chat", spawned_binary));
        cr_expect(scene.request->upgrade->tell_arguments);
        event.kind = EKIDEN__EVENT_KIND__PHASE;
        event.has_phase = 1;
        event.phase = EKIDEN_PHASE_CHECK;
        event.has_arguments_left_out = event.arguments_left_out = 1;
        scene_send_seen(&scene);
        scene_send(&scene, &event);
        scene_send_failed(&scene, EKIDEN_ECANCELLED, "the operator called it off");
        scene_expect_exit(&scene, ekiden_error_exit_status(EKIDEN_ELIMIT));
        cr_expect_neq(access(spawned_file, F_OK), 0, "it was started");
        scene_deinit(&scene);
}

Test(spawn_here, without_it_no_descriptor_goes_along)
{
        struct scene scene;

        scene_start_upgrade(&scene);
        cr_expect_eq(scene.given, 0);
        cr_expect_eq(scene.request->protocol, 1);
        cr_expect(!scene.request->upgrade->has_given);
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        scene_deinit(&scene);
}

Test(spawn_here, nothing_is_started_before_the_process_awaits_it)
{
        struct scene scene;
        char text[64];

        scene_start(&scene, TOOL_ARGUMENTS("--spawn-here", "chat", spawned_binary));
        scene_send_seen(&scene);
        scene_send_failed(&scene, EKIDEN_EREFUSED, "not now");
        scene_expect_exit(&scene, ekiden_error_exit_status(EKIDEN_EREFUSED));
        cr_expect(!spawned_read(spawned_file, text, sizeof(text)), "it was started: %s", text);
        scene_deinit(&scene);
}

Test(spawn_here, its_arguments_are_those_of_the_process)
{
        struct scene scene;

        spawned_start(&scene, "serve");
        cr_expect_not_null(strstr(spawned_notes(), "argument serve.\nargument a b.\n"));
        spawned_fail(&scene);
}

Test(spawn_here, or_those_behind_two_dashes)
{
        struct scene scene;
        char *arguments[] = {(char *)"serve"};

        scene_start(&scene, TOOL_ARGUMENTS("--spawn-here", "chat", spawned_binary, "--", "mine"));
        spawned_send_check(&scene, arguments, 1);
        cr_expect_not_null(strstr(spawned_notes(), "argument mine.\n"));
        cr_expect_null(strstr(spawned_notes(), "argument serve.\n"));
        spawned_fail(&scene);
}

Test(spawn_here, it_is_started_as_the_tool_was_but_in_a_session_of_its_own)
{
        struct scene scene;
        char session[64], directory[128];
        const char *text;

        for (int number = 1; number < 32; number++) /* whatever who started the test ignores */
                signal(number, SIG_DFL);
        setenv("EKIDEN_KEEPER", "1:2:3", 1);
        setenv("EKIDEN_PREDECESSOR", "chat", 1);
        setenv("EKIDEN_SNAPSHOT", "/nonexistent", 1);
        setenv("EKIDEN_HANDOVER", "1:stale", 1);
        cr_assert_eq(chdir(spawned_folder), 0);
        spawned_start(&scene, "serve");
        text = spawned_notes();
        snprintf(session, sizeof(session), "session %d\n", (int)spawned_pid(text));
        snprintf(directory, sizeof(directory), "directory %s\n", spawned_folder);
        cr_expect_not_null(strstr(text, session), "%s is not in %s", session, text);
        cr_expect_not_null(strstr(text, directory));
        cr_expect_not_null(strstr(text, "ignored SigIgn: "));
        /* Those above 31 are the C library's own affair. */
        cr_expect_eq(strtoull(strstr(text, "SigIgn: ") + 8, NULL, 16) & 0x7fffffff, 0, "%s", text);
        cr_expect_not_null(strstr(text, "blocked SigBlk: 0000000000000000\n"), "%s", text);
        cr_expect_not_null(strstr(text, "others ..\n"), "%s", text);
        cr_expect_not_null(strstr(text, "\nEKIDEN_HANDOVER=1:"));
        cr_expect_null(strstr(text, "stale"), "%s", text);
        spawned_fail(&scene);
}

Test(spawn_here, its_limit_of_open_files_is_not_the_one_that_the_tool_raised_for_itself)
{
        struct scene scene;

        cr_assert_eq(setrlimit(RLIMIT_NOFILE, &(struct rlimit){200, 400}), 0);
        spawned_start(&scene, "serve");
        cr_expect_not_null(strstr(spawned_notes(), "limit 200\n"), "%s", spawned_notes());
        spawned_fail(&scene);
}

/* A process that is sound says that before it awaits one. */
Test(spawn_here, a_process_that_says_that_another_one_starts_it_gets_no_second_one)
{
        Ekiden__Event failed = EKIDEN__EVENT__INIT;
        Ekiden__Refusal refusal = EKIDEN__REFUSAL__INIT;
        struct pollfd source = {.events = POLLIN};
        struct scene scene;
        pid_t pid;

        spawned_start(&scene, "serve");
        pid = spawned_pid(spawned_notes());
        refusal.code = EKIDEN_EREFUSED;
        refusal.sentence = (char *)(uintptr_t) "another one starts it";
        failed.kind = EKIDEN__EVENT_KIND__FAILED;
        failed.refusal = &refusal;
        failed.spawned_by = (char *)(uintptr_t) "desk";
        scene_send(&scene, &failed);
        scene_expect_exit(&scene, ekiden_error_exit_status(EKIDEN_EREFUSED));
        cr_expect_not_null(strstr(scene.tool.errors, "another one starts it"));
        cr_expect_neq(kill(pid, 0), 0, "it still runs");
        source.fd = scene.listener;
        cr_expect_eq(poll(&source, 1, 0), 0, "it was asked again");
        scene_deinit(&scene);
}

Test(spawn_here, a_binary_that_cannot_be_executed_calls_the_upgrade_off)
{
        struct scene scene;
        FILE *file = fopen(spawned_binary, "we");

        cr_assert_not_null(file);
        fputs("#!/nonexistent/interpreter\n", file);
        cr_assert_eq(fclose(file), 0);
        spawned_start(&scene, "serve");
        scene_expect_closed(&scene);
        scene_send_failed(&scene, EKIDEN_ECANCELLED, "the operator called the upgrade off");
        scene_expect_exit(&scene, ekiden_error_exit_status(EKIDEN_EBINARY));
        cr_expect_not_null(strstr(scene.tool.errors, "cannot start the new binary"));
        scene_deinit(&scene);
}

Test(spawn_here, in_json_the_standard_output_is_for_events_alone)
{
        struct scene scene;
        char *arguments[] = {(char *)"serve"};
        pid_t pid;

        scene_start(&scene, TOOL_ARGUMENTS("--json", "--spawn-here", "chat", spawned_binary));
        spawned_send_check(&scene, arguments, 1);
        pid = spawned_pid(spawned_notes());
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        cr_expect_null(strstr(scene.tool.printed, "it speaks"));
        cr_expect_not_null(strstr(scene.tool.printed, "\"event\":\"committed\""));
        cr_expect_not_null(strstr(scene.tool.errors, "it speaks"));
        kill(pid, SIGKILL);
        scene_deinit(&scene);
}

Test(spawn_here, otherwise_it_has_the_tools_own_output)
{
        struct scene scene;
        pid_t pid;

        spawned_start(&scene, "serve");
        pid = spawned_pid(spawned_notes());
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        cr_expect_not_null(strstr(scene.tool.printed, "it speaks"));
        kill(pid, SIGKILL);
        scene_deinit(&scene);
}

/* The next process that is asked gets an end of another pair. */
Test(spawn_here, what_waits_for_its_turn_is_started_in_its_turn)
{
        struct scene scene;
        Ekiden__Event queued = EKIDEN__EVENT__INIT;
        char *arguments[] = {(char *)"serve"};
        char text[64];

        scene_start(&scene, TOOL_ARGUMENTS("--spawn-here", "--wait", "chat", spawned_binary));
        cr_expect(scene.request->upgrade->wait);
        queued.kind = EKIDEN__EVENT_KIND__QUEUED;
        scene_send_seen(&scene);
        scene_send(&scene, &queued);
        tool_wait_until_said(&scene.tool, "waits for its end");
        cr_expect(!spawned_read(spawned_file, text, sizeof(text)), "it was started: %s", text);
        spawned_send_check(&scene, arguments, 1);
        spawned_notes();
        spawned_fail(&scene);
}
