/* SPDX-License-Identifier: MIT */
/* --wait and --cancel: an upgrade that somebody else asked for. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "scene.h"

TestSuite(wait, .init = scene_directory_make, .fini = scene_directory_remove, .timeout = 60);

static void send_kind(struct scene *scene, Ekiden__EventKind kind)
{
        Ekiden__Event event = EKIDEN__EVENT__INIT;

        event.kind = kind;
        event.has_successor_pid = scene->other > 0;
        event.successor_pid = scene->other;
        scene_send(scene, &event);
}

static void start(struct scene *scene, const char *option)
{
        scene_start(scene, TOOL_ARGUMENTS(option, "chat"));
        if (strcmp(option, "--wait") == 0)
                cr_assert_not_null(scene->request->wait);
        else
                cr_assert_not_null(scene->request->cancel);
        cr_assert_null(scene->request->upgrade);
}

static void expect_printed(const struct scene *scene, const char *text)
{
        cr_expect_not_null(strstr(scene->tool.printed, text), "\"%s\" is not in\n%s", text,
                           scene->tool.printed);
}

static void expect_error(const struct scene *scene, const char *text)
{
        cr_expect_not_null(strstr(scene->tool.errors, text), "\"%s\" is not in\n%s", text,
                           scene->tool.errors);
}

Test(wait, where_there_is_nothing_to_wait_for_or_to_call_off_all_is_well)
{
        for (int i = 0; i < 2; i++) {
                struct scene scene;

                start(&scene, i == 0 ? "--wait" : "--cancel");
                send_kind(&scene, EKIDEN__EVENT_KIND__IDLE);
                scene_expect_exit(&scene, 0);
                expect_printed(&scene, "no upgrade is under way\n");
                scene_deinit(&scene);
        }
}

Test(wait, its_exit_status_is_that_of_the_upgrade)
{
        static const int codes[] = {EKIDEN_EVERSION, EKIDEN_ETIMEOUT, EKIDEN_ECANCELLED};
        struct scene scene;

        start(&scene, "--wait");
        scene_send_until(&scene, EKIDEN_PHASE_WARM);
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        expect_printed(&scene, "pid 4720");
        scene_deinit(&scene);
        for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
                start(&scene, "--wait");
                scene_send_until(&scene, EKIDEN_PHASE_WARM);
                scene_send_failed(&scene, codes[i], "for a reason");
                scene_expect_exit(&scene, ekiden_error_exit_status(codes[i]));
                expect_error(&scene, "for a reason");
                scene_deinit(&scene);
        }
}

Test(wait, after_a_rehearsal_the_process_serves_on)
{
        for (int i = 0; i < 2; i++) {
                struct scene scene;

                start(&scene, i == 0 ? "--wait" : "--cancel");
                scene_send_until(&scene, EKIDEN_PHASE_READY);
                send_kind(&scene, EKIDEN__EVENT_KIND__REHEARSED);
                scene_expect_exit(&scene, 0);
                expect_printed(&scene, "the old version serves on");
                scene_deinit(&scene);
        }
}

Test(wait, a_process_that_comes_to_no_update_point_is_not_waited_for_beyond_the_timeout)
{
        struct scene scene;

        scene_start(&scene, TOOL_ARGUMENTS("--wait", "chat", "--timeout", "0.2"));
        scene_expect_exit(&scene, 14);
        expect_error(&scene, "came to no update point");
        scene_deinit(&scene);
}

Test(wait, an_upgrade_that_takes_longer_than_the_timeout_goes_on)
{
        struct scene scene;

        scene_start(&scene, TOOL_ARGUMENTS("--wait", "chat", "--timeout", "1.5"));
        scene_send_until(&scene, EKIDEN_PHASE_WARM);
        scene_expect_exit(&scene, 14);
        expect_error(&scene, "was not over after 1.5 s: it is in phase warm");
        expect_error(&scene, "next    --status shows how far it is");
        scene_deinit(&scene);
}

Test(wait, ctrl_c_ends_the_waiting_and_not_the_upgrade)
{
        struct scene scene;

        start(&scene, "--wait");
        scene_send_until(&scene, EKIDEN_PHASE_WARM);
        usleep(100000);
        kill(scene.tool.pid, SIGINT);
        scene_expect_exit(&scene, 18);
        expect_error(&scene, "goes on as it is");
        scene_deinit(&scene);
}

Test(wait, ctrl_c_takes_no_calling_off_back)
{
        struct scene scene;

        start(&scene, "--cancel");
        scene_send_until(&scene, EKIDEN_PHASE_WARM);
        kill(scene.tool.pid, SIGINT);
        scene_expect_exit(&scene, 18);
        expect_error(&scene, "is to be called off");
        cr_expect_null(strstr(scene.tool.errors, "goes on as it is"), "%s", scene.tool.errors);
        scene_deinit(&scene);
}

Test(wait, a_process_that_closes_without_a_word_is_an_error)
{
        struct scene scene;

        start(&scene, "--wait");
        scene_send_until(&scene, EKIDEN_PHASE_WARM);
        scene_close(&scene);
        scene_expect_exit(&scene, 13);
        scene_deinit(&scene);
}

Test(wait, what_was_called_off_is_said_with_its_phase)
{
        struct scene scene;

        start(&scene, "--cancel");
        scene_send_until(&scene, EKIDEN_PHASE_TRANSFER);
        scene_send_failed(&scene, EKIDEN_ECANCELLED, "another operator called the upgrade off");
        scene_expect_exit(&scene, 0);
        expect_printed(&scene, "called off in phase transfer; it serves on\n");
        scene_deinit(&scene);
}

Test(wait, what_failed_by_itself_when_it_should_be_called_off_says_why)
{
        struct scene scene;

        start(&scene, "--cancel");
        scene_send_until(&scene, EKIDEN_PHASE_TRANSFER);
        scene_send_failed(&scene, EKIDEN_EREFUSED, "the program does not like it");
        scene_expect_exit(&scene, 0);
        expect_printed(&scene, "it serves on; the upgrade failed in phase transfer: the program "
                               "does not like it\n");
        scene_deinit(&scene);
}

Test(wait, a_call_off_that_came_too_late_is_a_failure)
{
        struct scene scene;

        start(&scene, "--cancel");
        scene_send_until(&scene, EKIDEN_PHASE_COMMIT);
        scene_send_committed(&scene);
        scene_expect_exit(&scene, ekiden_error_exit_status(EKIDEN_ESTATE));
        expect_error(&scene, "too late: chat");
        expect_error(&scene, "process 4720 serves now");
        scene_deinit(&scene);
}

/* It says so, or nothing more, and ends; the test has taken over from it. */
static void expect_ended_meanwhile(bool says_so)
{
        pid_t other = scene_process_start();
        struct scene scene = {.listener = scene_listen("chat", other), .other = other};
        char serves[80], path[128];
        int listener;

        tool_start(&scene.tool, TOOL_ARGUMENTS("--cancel", "chat"));
        scene_accept(&scene);
        listener = scene_listen("chat", getpid());
        scene_process_end(other);
        if (says_so)
                send_kind(&scene, EKIDEN__EVENT_KIND__IDLE);
        else
                scene_close(&scene);
        scene_answer_as_successor(listener, other);
        scene_expect_exit(&scene, ekiden_error_exit_status(EKIDEN_ESTATE));
        expect_error(&scene, "too late: chat");
        snprintf(serves, sizeof(serves), "it has ended meanwhile; process %d serves now",
                 (int)getpid());
        expect_error(&scene, serves);
        close(listener);
        scene_deinit(&scene);
        snprintf(path, sizeof(path), "%s/chat.%d", scene_directory(), (int)getpid());
        unlink(path);
}

Test(wait, a_call_off_that_finds_the_upgrade_ended_says_who_serves)
{
        expect_ended_meanwhile(true);
        expect_ended_meanwhile(false);
}

Test(wait, where_nobody_has_taken_over_nothing_was_under_way)
{
        pid_t other = scene_process_start();
        struct scene scene = {.listener = scene_listen("chat", other), .other = other};

        tool_start(&scene.tool, TOOL_ARGUMENTS("--cancel", "chat"));
        scene_accept(&scene);
        scene_process_end(other);
        send_kind(&scene, EKIDEN__EVENT_KIND__IDLE);
        scene_expect_exit(&scene, 0);
        expect_printed(&scene, "no upgrade is under way\n");
        scene_deinit(&scene);
}

Test(wait, an_upgrade_in_its_turn_is_asked_for_as_one)
{
        struct scene scene;

        scene_start(&scene, TOOL_ARGUMENTS("--wait", "chat", "./chat-v2"));
        cr_assert_not_null(scene.request->upgrade);
        cr_expect(scene.request->upgrade->has_wait && scene.request->upgrade->wait);
        scene_send_seen(&scene);
        send_kind(&scene, EKIDEN__EVENT_KIND__QUEUED);
        scene_send_phase(&scene, EKIDEN_PHASE_CHECK);
        scene_send_phase(&scene, EKIDEN_PHASE_WARM);
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        expect_error(&scene, "another upgrade is under way");
        scene_deinit(&scene);
}

Test(wait, without_wait_no_turn_is_asked_for)
{
        struct scene scene;

        scene_start_upgrade(&scene);
        cr_expect_not(scene.request->upgrade->has_wait && scene.request->upgrade->wait);
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        scene_deinit(&scene);
}

/* The first process is "chat" of another PID; its successor is the test itself. */
Test(wait, when_the_process_was_replaced_meanwhile_its_successor_is_asked)
{
        pid_t first = scene_process_start();
        struct scene scene = {.other = first, .listener = scene_listen("chat", first)};
        int successor;

        tool_start(&scene.tool, TOOL_ARGUMENTS("--wait", "--timeout", "20", "chat", "./chat-v2"));
        scene_accept(&scene);
        successor = scene_listen("chat", getpid());
        scene_send_seen(&scene);
        scene.other = getpid();
        send_kind(&scene, EKIDEN__EVENT_KIND__QUEUED);
        send_kind(&scene, EKIDEN__EVENT_KIND__COMMITTED);
        ekiden__request__free_unpacked(scene.request, NULL);
        scene_close(&scene);
        close(scene.listener);
        scene_process_end(first);

        scene.listener = successor;
        scene_accept(&scene);
        cr_assert_not_null(scene.request->upgrade);
        cr_expect(scene.request->upgrade->wait, "it would not wait for yet another one");
        cr_expect_leq(scene.request->upgrade->timeout_ms, 20000);
        cr_expect_gt(scene.request->upgrade->timeout_ms, 0);
        scene_send_until(&scene, EKIDEN_PHASE_COMMIT);
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        scene.other = 0;
        scene_deinit(&scene);
}

Test(wait, ctrl_c_in_the_queue_calls_nothing_off_but_the_turn)
{
        struct scene scene;

        scene_start(&scene, TOOL_ARGUMENTS("--wait", "chat", "./chat-v2"));
        scene_send_seen(&scene);
        send_kind(&scene, EKIDEN__EVENT_KIND__QUEUED);
        usleep(100000);
        kill(scene.tool.pid, SIGINT);
        scene_expect_closed(&scene);
        scene_send_failed(&scene, EKIDEN_ECANCELLED, "called off before its turn came");
        scene_expect_exit(&scene, 18);
        scene_deinit(&scene);
}
