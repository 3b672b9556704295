/* SPDX-License-Identifier: MIT */
/* --list and --status. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scene.h"

TestSuite(list, .init = scene_directory_make, .fini = scene_directory_remove, .timeout = 60);

static void send_status(struct scene *scene, const char *binary)
{
        Ekiden__Event event = EKIDEN__EVENT__INIT;
        Ekiden__Status status = EKIDEN__STATUS__INIT;
        Ekiden__ItemStatus members = EKIDEN__ITEM_STATUS__INIT, port = EKIDEN__ITEM_STATUS__INIT;
        Ekiden__ItemStatus *items[] = {&members, &port};
        Ekiden__Leg first = EKIDEN__LEG__INIT, second = EKIDEN__LEG__INIT;
        Ekiden__Leg *legs[] = {&first, &second};
        Ekiden__UpdatePointStatus point = EKIDEN__UPDATE_POINT_STATUS__INIT, *points[] = {&point};
        char texts[][24] = {"chat",           "chat_loop", "members",
                            "chat.v2.Member", "port",      "ekiden.Value"};

        members.name = texts[2];
        members.message = texts[3];
        members.has_stream = members.stream = true;
        port.name = texts[4];
        port.message = texts[5];
        members.has_records = members.has_bytes = port.has_records = true;
        members.records = 1204;
        members.bytes = 98611;
        port.records = 1;
        first.number = first.version = 1;
        first.has_pid = second.has_pid = second.has_pause_us = true;
        first.pid = 4711;
        second.number = 3;
        second.version = 2;
        second.pid = 4720;
        second.pause_us = 420;
        second.has_since = true;
        second.since = 1764072200;
        point.name = texts[1];
        point.has_attended = point.has_last_ms = point.has_passed = true;
        point.attended = 7;
        point.last_ms = 125000;
        point.passed = 5000;
        status.has_watched_ms = true;
        status.watched_ms = 2000;
        status.update_points = points;
        status.n_update_points = 1;
        status.lineage = legs;
        status.n_lineage = 2;
        status.program = texts[0];
        status.pid = getpid();
        status.version = 2;
        status.has_leg = status.has_leg_seconds = true;
        status.leg = 3;
        status.leg_seconds = 7384;
        status.binary = (char *)(uintptr_t)binary;
        status.update_point = texts[1];
        status.items = items;
        status.n_items = 2;
        event.kind = EKIDEN__EVENT_KIND__STATUS;
        event.status = &status;
        scene_send(scene, &event);
}

static void send_status_in_upgrade(struct scene *scene)
{
        Ekiden__Event event = EKIDEN__EVENT__INIT;
        Ekiden__Status status = EKIDEN__STATUS__INIT;
        char program[] = "chat", binary[] = "/opt/chat/chat-v3";

        status.program = program;
        status.pid = getpid();
        status.version = 2;
        status.has_upgrade_phase = status.has_successor_pid = status.has_upgrade_version = true;
        status.upgrade_phase = EKIDEN_PHASE_WARM;
        status.successor_pid = 4721;
        status.upgrade_binary = binary;
        status.upgrade_version = 3;
        status.has_upgrade_user = status.has_upgrade_asker_pid = true;
        status.upgrade_user = 1000;
        status.upgrade_asker_pid = 4700;
        event.kind = EKIDEN__EVENT_KIND__STATUS;
        event.status = &status;
        scene_send(scene, &event);
}

Test(list, nothing_there_is_no_failure)
{
        struct tool tool;

        tool_run(&tool, TOOL_ARGUMENTS("--list"));
        cr_assert_eq(tool.exit_status, 0);
        cr_assert_str_eq(tool.printed, "No process that can be upgraded was found.\n");
        cr_assert_str_empty(tool.errors);
        tool_deinit(&tool);
}

Test(list, a_process_is_a_line_with_its_columns_lined_up)
{
        struct scene scene;
        const char *line;
        size_t column;

        scene_start(&scene, TOOL_ARGUMENTS("--list"));
        cr_assert_not_null(scene.request->status);
        cr_assert_null(scene.request->upgrade);
        send_status(&scene, "/opt/chat/chat-v2");
        scene_expect_exit(&scene, 0);
        cr_assert(strncmp(scene.tool.printed, "PROGRAM ", 8) == 0);
        line = strchr(scene.tool.printed, '\n') + 1;
        cr_assert(strncmp(line, "chat ", 5) == 0);
        column = (size_t)(strstr(scene.tool.printed, "BINARY") - scene.tool.printed);
        cr_assert_str_eq(line + column, "/opt/chat/chat-v2\n");
        column = (size_t)(strstr(scene.tool.printed, "UPDATE-POINT") - scene.tool.printed);
        cr_assert(strncmp(line + column, "chat_loop ", 10) == 0);
        scene_deinit(&scene);
}

Test(list, since_when_it_serves_is_what_the_process_has_noted_whenever_it_is_asked)
{
        struct scene scene;

        setenv("TZ", "UTC", 1);
        scene_start(&scene, TOOL_ARGUMENTS("--list"));
        send_status(&scene, "/opt/chat/chat-v2");
        scene_expect_exit(&scene, 0);
        cr_assert(strstr(scene.tool.printed, " 2025-11-25 12:03:20 "), "%s", scene.tool.printed);
        scene_deinit(&scene);
}

Test(list, a_process_that_does_not_answer_is_shown_with_dashes)
{
        struct scene scene;

        scene_start(&scene, TOOL_ARGUMENTS("--list", "--timeout", "0.1"));
        scene_expect_exit(&scene, 0);
        cr_assert_not_null(strstr(scene.tool.printed, "  -  "), "%s", scene.tool.printed);
        cr_expect_not_null(strstr(scene.tool.printed, "): did not answer in 0.1 s: it is blocked"),
                           "%s", scene.tool.printed);
        scene_deinit(&scene);
}

Test(list, an_upgrade_that_is_under_way_is_shown_with_its_aim_and_its_author)
{
        static const char *const options[] = {"--list", "--status"};
        static const char *const expected[] = {"UPGRADE ", "  warm  ", "to /opt/chat/chat-v3",
                                               ", version 3 (pid 4721)\n",
                                               "by user 1000 (pid 4700)\n"};

        for (size_t i = 0; i < 2; i++) {
                struct scene scene;

                scene_start(&scene,
                            i == 0 ? TOOL_ARGUMENTS("--list") : TOOL_ARGUMENTS("--status", "chat"));
                send_status_in_upgrade(&scene);
                scene_expect_exit(&scene, 0);
                for (size_t j = i == 0 ? 0 : 2; j < (i == 0 ? 2 : 5); j++)
                        cr_expect_not_null(strstr(scene.tool.printed, expected[j]),
                                           "%s: \"%s\" is not in\n%s", options[i], expected[j],
                                           scene.tool.printed);
                scene_deinit(&scene);
        }
}

Test(list, many_that_are_blocked_cost_one_deadline)
{
        pid_t blocked[20];
        int listeners[20];
        struct tool tool;

        for (size_t i = 0; i < 20; i++) {
                blocked[i] = scene_process_start();
                listeners[i] = scene_listen("chat", blocked[i]);
        }
        tool_run(&tool, TOOL_ARGUMENTS("--list", "--timeout", "0.6")); /* 20 of them: 12 s */
        cr_assert_eq(tool.exit_status, 0);
        for (size_t i = 0; i < 20; i++) {
                close(listeners[i]);
                scene_process_end(blocked[i]);
        }
        tool_deinit(&tool);
}

Test(list, a_binarys_path_cannot_move_the_cursor)
{
        struct scene scene;

        scene_start(&scene, TOOL_ARGUMENTS("--list"));
        send_status(&scene, "/opt/\033[2J\nchat");
        scene_expect_exit(&scene, 0);
        cr_assert_null(strchr(scene.tool.printed, '\033'));
        cr_assert_not_null(strstr(scene.tool.printed, "/opt/?[2J?chat\n"));
        scene_deinit(&scene);
}

Test(list, output_that_cannot_be_written_is_a_failure)
{
        struct tool tool;

        tool_start_into(&tool, TOOL_ARGUMENTS("--list"), open("/dev/full", O_WRONLY | O_CLOEXEC));
        tool_wait(&tool);
        cr_assert_eq(tool.exit_status, ekiden_error_exit_status(EKIDEN_ESYSTEM));
        tool_deinit(&tool);
}

Test(list, status_tells_all_that_the_process_says)
{
        static const char *const expected[] = {
                "  version       2\n",
                "  leg           3, for 2 h 3 min\n",
                "  binary        /opt/chat/chat-v2\n",
                "  update point  chat_loop\n",
                "  upgrade       none under way\n",
                "  update points NAME       ATTENDED  LAST           PASSED IN 2.0 s  A SECOND\n",
                "                chat_loop         7  2 min 5 s ago            5,000     2,500\n",
                "  items         NAME     TYPE                      RECORDS     BYTES\n",
                "                members  chat.v2.Member, a stream    1,204  96.3 KiB\n",
                "                port     a plain value                   1\n",
                "  lineage       LEG  VERSION  SINCE                 PID    PAUSE\n",
                "                1          1  -                    4711        -\n",
                "                3          2  2025-11-25 12:03:20  4720  0.42 ms\n",
        };
        struct scene scene;

        setenv("TZ", "UTC", 1);
        scene_start(&scene, TOOL_ARGUMENTS("--status", "chat"));
        cr_assert_not_null(scene.request->status);
        send_status(&scene, "/opt/chat/chat-v2");
        scene_expect_exit(&scene, 0);
        for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
                cr_expect_not_null(strstr(scene.tool.printed, expected[i]), "\"%s\" is not in\n%s",
                                   expected[i], scene.tool.printed);
        scene_deinit(&scene);
}

Test(list, status_of_a_blocked_process_is_a_timeout)
{
        struct scene scene;

        scene_start(&scene, TOOL_ARGUMENTS("--status", "chat", "--timeout", "0.1"));
        scene_expect_exit(&scene, 14);
        cr_assert_str_empty(scene.tool.printed);
        cr_assert_not_null(strstr(scene.tool.errors, "did not answer in 0.1 s"));
        scene_deinit(&scene);
}

Test(list, status_that_is_refused_has_the_refusals_exit_status)
{
        struct scene scene;

        scene_start(&scene, TOOL_ARGUMENTS("--status", "chat"));
        scene_send_failed(&scene, EKIDEN_EPERMISSION, "not you");
        scene_expect_exit(&scene, 5);
        cr_assert_not_null(strstr(scene.tool.errors, "not you"));
        scene_deinit(&scene);
}

Test(list, status_is_not_taken_from_another_event)
{
        struct scene scene;

        scene_start(&scene, TOOL_ARGUMENTS("--status", "chat"));
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 15);
        scene_deinit(&scene);
}

Test(list, status_of_nobody_is_not_found)
{
        struct tool tool;

        tool_run(&tool, TOOL_ARGUMENTS("--status", "chat"));
        cr_assert_eq(tool.exit_status, 3);
        tool_deinit(&tool);
}

/* All figures as large as they can be told, and names that a terminal would obey. */
static void send_hostile_status(struct scene *scene)
{
        Ekiden__Event event = EKIDEN__EVENT__INIT;
        Ekiden__Status status = EKIDEN__STATUS__INIT;
        Ekiden__ItemStatus item = EKIDEN__ITEM_STATUS__INIT, *items[] = {&item};
        Ekiden__Leg leg = EKIDEN__LEG__INIT, *legs[] = {&leg};
        Ekiden__UpdatePointStatus point = EKIDEN__UPDATE_POINT_STATUS__INIT, *points[] = {&point};
        char name[] = "\033]0;title\a\xc2\x9b\u202e";

        item.name = item.message = point.name = status.program = name;
        status.binary = status.update_point = status.role = name;
        status.has_role_place = status.has_keeps_pid = status.keeps_pid = status.has_tree = true;
        status.role_place = UINT32_MAX;
        status.tree = UINT64_MAX;
        item.has_records = item.has_objects = item.has_bytes = item.has_descriptors = true;
        item.records = item.objects = item.bytes = UINT64_MAX;
        point.has_attended = point.has_last_ms = point.has_passed = true;
        point.attended = point.last_ms = point.passed = UINT64_MAX;
        leg.number = leg.version = UINT32_MAX;
        leg.has_since = leg.has_pid = leg.has_pause_us = true;
        leg.since = INT64_MAX;
        leg.pid = INT32_MIN;
        leg.pause_us = UINT64_MAX;
        status.pid = INT32_MIN;
        status.version = UINT32_MAX;
        status.has_leg = status.has_leg_seconds = status.has_watched_ms = true;
        status.leg = UINT32_MAX;
        status.leg_seconds = UINT64_MAX;
        status.watched_ms = 1;
        status.has_upgrade_phase = status.has_upgrade_ms = status.has_successor_pid = true;
        status.upgrade_phase = UINT32_MAX;
        status.upgrade_ms = UINT64_MAX / 3;
        status.successor_pid = INT32_MIN;
        status.items = items;
        status.lineage = legs;
        status.update_points = points;
        status.n_items = status.n_lineage = status.n_update_points = 1;
        event.kind = EKIDEN__EVENT_KIND__STATUS;
        event.status = &status;
        scene_send(scene, &event);
}

Test(list, status_of_a_stranger_is_shown_and_obeyed_by_no_terminal)
{
        struct scene scene;

        scene_start(&scene, TOOL_ARGUMENTS("--status", "chat"));
        send_hostile_status(&scene);
        scene_expect_exit(&scene, 0);
        for (const char *at = scene.tool.printed; *at; at++)
                cr_assert(*at == '\n' || (*at >= 0x20 && *at != 0x7f), "%s", scene.tool.printed);
        cr_expect_null(strstr(scene.tool.printed, "\xc2\x9b"));
        cr_expect_null(strstr(scene.tool.printed, "\u202e"));
        /* More than that a second, and longer than that, cannot be told. */
        cr_expect_not_null(strstr(scene.tool.printed, "  18,446,744,073,709,551,615\n"), "%s",
                           scene.tool.printed);
        cr_expect_not_null(strstr(scene.tool.printed, "upgrade       ?, for 213503982 d 8 h"), "%s",
                           scene.tool.printed);
        scene_deinit(&scene);
}
