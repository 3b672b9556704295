/* SPDX-License-Identifier: MIT */
/* What the operator sees on a terminal. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scene.h"

TestSuite(terminal, .init = scene_directory_make, .fini = scene_directory_remove, .timeout = 60);

static void start_with(struct scene *scene, unsigned short columns, const char *const *arguments)
{
        *scene = (struct scene){.listener = scene_listen("chat", getpid())};
        tool_start_on_terminal(&scene->tool, arguments, columns);
        scene_accept(scene);
}

static void start(struct scene *scene, unsigned short columns)
{
        start_with(scene, columns, TOOL_ARGUMENTS("chat", "./chat-v2"));
}

/* Half of the members, slowly enough to be drawn. */
static void transfer(struct scene *scene)
{
        scene_send_until(scene, EKIDEN_PHASE_TRANSFER);
        for (uint64_t i = 1; i <= 5; i++) {
                scene_send_progress(scene, "members", i * 1000, 10000, i * 1000);
                usleep(80000);
        }
}

static void finish(struct scene *scene)
{
        scene_send_phase(scene, EKIDEN_PHASE_READY);
        scene_send_phase(scene, EKIDEN_PHASE_COMMIT);
        scene_send_committed(scene);
        scene_expect_exit(scene, 0);
}

static void expect_printed(const struct scene *scene, const char *said)
{
        cr_assert_not_null(strstr(scene->tool.printed, said), "\"%s\" is not in:\n%s", said,
                           scene->tool.printed);
}

/* The widest line that was drawn over, in columns; one that stays may wrap. */
static size_t widest_drawing(const char *text)
{
        size_t widest = 0, columns = 0;

        for (; *text; text++) {
                if (*text == '\033') {
                        while (*text && strchr("mK", *text) == NULL)
                                text++;
                } else if (*text == '\r') {
                        if (text[1] != '\n' && columns > widest)
                                widest = columns;
                        columns = 0;
                } else if (*text != '\n') {
                        columns += ((unsigned char)*text & 0xc0) != 0x80;
                }
        }
        return widest;
}

/* Also what stays: the widest line, where none is to wrap. */
static size_t widest_line(const char *text)
{
        size_t widest = 0, columns = 0;

        for (; *text; text++) {
                if (*text == '\033') {
                        while (*text && strchr("mK", *text) == NULL)
                                text++;
                } else if (*text == '\r') {
                        widest = columns > widest ? columns : widest;
                        columns = 0;
                } else if (*text != '\n') {
                        columns += ((unsigned char)*text & 0xc0) != 0x80;
                }
        }
        return widest;
}

static void send_wide_status(struct scene *scene)
{
        Ekiden__Event event = EKIDEN__EVENT__INIT;
        Ekiden__Status status = EKIDEN__STATUS__INIT;
        char program[] = "chat", point[] = "chat_loop";
        char binary[] = "/opt/a/long/way/from/here/to/there/chat/chat-v2";

        status.program = program;
        status.pid = getpid();
        status.has_leg = status.has_leg_seconds = true;
        status.leg = 3;
        status.leg_seconds = 7384;
        status.binary = binary;
        status.update_point = point;
        event.kind = EKIDEN__EVENT_KIND__STATUS;
        event.status = &status;
        scene_send(scene, &event);
}

Test(terminal, a_list_that_is_too_wide_keeps_what_matters_most)
{
        static const unsigned short widths[] = {50, 60, 80, 100, 200};

        for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
                struct scene scene;

                start_with(&scene, widths[i], TOOL_ARGUMENTS("--list"));
                send_wide_status(&scene);
                scene_expect_exit(&scene, 0);
                cr_expect_leq(widest_line(scene.tool.printed), widths[i], "%s", scene.tool.printed);
                expect_printed(&scene, "PROGRAM");
                expect_printed(&scene, "VERSION");
                expect_printed(&scene, "/chat-v2\r\n");
                scene_deinit(&scene);
        }
}

Test(terminal, the_line_of_success_is_wrapped_between_its_parts)
{
        static const unsigned short widths[] = {50, 60, 80};

        for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
                struct scene scene;

                start(&scene, widths[i]);
                scene_send_until(&scene, EKIDEN_PHASE_COMMIT);
                scene_send_committed(&scene);
                scene_expect_exit(&scene, 0);
                cr_expect_leq(widest_line(strstr(scene.tool.printed, "chat:")), widths[i], "%s",
                              scene.tool.printed);
                expect_printed(&scene, "\r\n  ");
                expect_printed(&scene, "203 descriptors\r\n");
                scene_deinit(&scene);
        }
}

Test(terminal, the_transfer_has_a_bar_records_bytes_rate_and_time_left)
{
        struct scene scene;

        start(&scene, 100);
        transfer(&scene);
        tool_wait_until_printed(&scene.tool, " 50 %");
        finish(&scene);
        expect_printed(&scene, "  transfer   members  \u2588\u2588");
        expect_printed(&scene, "\u2591");
        expect_printed(&scene, " 50 %  5,000 records  390.6 KiB  ");
        expect_printed(&scene, "/s  ");
        expect_printed(&scene, " left");
        scene_deinit(&scene);
}

Test(terminal, each_phase_stays_as_a_line_with_what_it_took)
{
        struct scene scene;

        start(&scene, 100);
        transfer(&scene);
        finish(&scene);
        for (int phase = EKIDEN_PHASE_REQUEST; phase <= EKIDEN_PHASE_COMMIT; phase++) {
                char line[32];

                snprintf(line, sizeof(line), "\033[K  %-9s ",
                         ekiden_phase_name((enum ekiden_phase)phase));
                expect_printed(&scene, line);
        }
        expect_printed(&scene, "seen at chat_loop\r\n");
        expect_printed(&scene, "ms\r\n");
        expect_printed(&scene, "v2 (pid 4720)  pause 0.42 ms");
        scene_deinit(&scene);
}

Test(terminal, no_drawing_is_wider_than_the_terminal)
{
        static const unsigned short widths[] = {20, 30, 40, 60, 80, 132};

        for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
                struct scene scene;

                start(&scene, widths[i]);
                transfer(&scene);
                scene_send_failed(&scene, EKIDEN_EREFUSED, "x");
                scene_expect_exit(&scene, 12);
                *strstr(scene.tool.printed, "ekiden-upgrade:") = '\0'; /* sentences may wrap */
                cr_expect_lt(widest_drawing(scene.tool.printed), widths[i], "%u columns: %zu",
                             widths[i], widest_drawing(scene.tool.printed));
                scene_deinit(&scene);
        }
}

Test(terminal, a_program_that_announces_no_count_gets_no_bar)
{
        struct scene scene;

        start(&scene, 100);
        scene_send_until(&scene, EKIDEN_PHASE_TRANSFER);
        for (uint64_t i = 1; i <= 3; i++)
                scene_send_progress(&scene, "members", i, 0, i);
        tool_wait_until_printed(&scene.tool, "members  3 records");
        finish(&scene);
        cr_assert_null(strstr(scene.tool.printed, "\u2588"));
        cr_assert_null(strstr(scene.tool.printed, " left"));
        scene_deinit(&scene);
}

Test(terminal, a_count_that_is_not_kept_stops_at_a_hundred)
{
        struct scene scene;

        start(&scene, 100);
        scene_send_until(&scene, EKIDEN_PHASE_TRANSFER);
        scene_send_progress(&scene, "members", UINT64_MAX, 1, UINT64_MAX);
        tool_wait_until_printed(&scene.tool, "100 %");
        finish(&scene);
        scene_deinit(&scene);
}

Test(terminal, after_a_second_it_says_what_it_waits_for)
{
        struct scene scene;

        start(&scene, 100);
        tool_wait_until_printed(&scene.tool, "waiting for chat to reach an update point  1.");
        finish(&scene);
        scene_deinit(&scene);
}

Test(terminal, a_failure_takes_the_unfinished_line_away)
{
        struct scene scene;

        start(&scene, 100);
        scene_send_until(&scene, EKIDEN_PHASE_WARM);
        scene_send_failed(&scene, EKIDEN_EREFUSED, "no");
        scene_expect_exit(&scene, 12);
        expect_printed(&scene, "  warm     \r\033[K\033[31mekiden-upgrade:\033[0m chat (pid ");
        scene_deinit(&scene);
}

Test(terminal, no_color_is_respected)
{
        struct scene scene;

        setenv("NO_COLOR", "1", 1);
        start(&scene, 100);
        finish(&scene);
        cr_assert_null(strstr(scene.tool.printed, "\033[3"));
        scene_deinit(&scene);
}

Test(terminal, quiet_is_quiet_there_too)
{
        struct scene scene;

        start_with(&scene, 100, TOOL_ARGUMENTS("--quiet", "chat", "x"));
        scene_send_until(&scene, EKIDEN_PHASE_TRANSFER);
        finish(&scene);
        cr_assert_str_empty(scene.tool.printed);
        scene_deinit(&scene);
}

Test(terminal, json_is_not_drawn)
{
        struct scene scene;

        start_with(&scene, 100, TOOL_ARGUMENTS("--json", "chat", "x"));
        scene_send_until(&scene, EKIDEN_PHASE_TRANSFER);
        finish(&scene);
        cr_assert_null(strchr(scene.tool.printed, '\033'));
        scene_deinit(&scene);
}

Test(terminal, an_items_name_cannot_move_the_cursor)
{
        struct scene scene;

        start(&scene, 100);
        scene_send_until(&scene, EKIDEN_PHASE_TRANSFER);
        scene_send_progress(&scene, "mem\033[2Jbers", 1, 2, 1);
        tool_wait_until_printed(&scene.tool, "mem?[2Jbers");
        finish(&scene);
        cr_assert_null(strstr(scene.tool.printed, "\033[2J"));
        scene_deinit(&scene);
}

Test(terminal, a_long_reason_is_broken_between_words)
{
        struct scene scene;

        start(&scene, 40);
        scene_send_failed(&scene, EKIDEN_EREFUSED,
                          "the successor says that there are more members than it has room for");
        scene_expect_exit(&scene, 12);
        expect_printed(&scene, "  reason  the successor says that there\r\n"
                               "          are more members than it has\r\n"
                               "          room for\r\n");
        scene_deinit(&scene);
}

Test(terminal, a_word_that_is_longer_than_a_line_is_cut)
{
        struct scene scene;

        start(&scene, 40);
        scene_send_failed(&scene, EKIDEN_EREFUSED, "0123456789012345678901234567890123456789");
        scene_expect_exit(&scene, 12);
        expect_printed(&scene, "  reason  012345678901234567890123456789\r\n"
                               "          0123456789\r\n");
        scene_deinit(&scene);
}
