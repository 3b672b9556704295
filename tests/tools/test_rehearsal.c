/* SPDX-License-Identifier: MIT */
/* --rehearse and --times: what is asked for, what is shown of it, and when it is a failure. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scene.h"

TestSuite(rehearsal, .init = scene_directory_make, .fini = scene_directory_remove, .timeout = 60);

#define ARGUMENTS(...) TOOL_ARGUMENTS("--rehearse", __VA_ARGS__, "chat", "./chat-v2")

static void expect_printed(const struct scene *scene, const char *text)
{
        cr_expect_not_null(strstr(scene->tool.printed, text), "\"%s\" is not in:\n%s", text,
                           scene->tool.printed);
}

Test(rehearsal, it_is_asked_for_when_the_operator_asks_and_only_then)
{
        struct scene scene;

        scene_start(&scene, TOOL_ARGUMENTS("--rehearse", "chat", "./chat-v2"));
        cr_expect(scene.request->upgrade->rehearse);
        scene_send_rehearsed(&scene, "members", 420);
        scene_expect_exit(&scene, 0);
        scene_deinit(&scene);
        scene_start_upgrade(&scene);
        cr_expect_not(scene.request->upgrade->rehearse);
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        scene_deinit(&scene);
}

/* Such a process passes over what it does not know: it would upgrade. It refuses another protocol.
 */
Test(rehearsal, it_and_a_verification_are_no_request_that_a_process_without_them_would_take)
{
        static const char *const trials[] = {"--rehearse", "--verify"};
        struct scene scene;

        for (size_t i = 0; i < 2; i++) {
                scene_start(&scene, TOOL_ARGUMENTS(trials[i], "chat", "./chat-v2"));
                cr_expect_eq(scene.request->protocol, 2u, "%s", trials[i]);
                scene_send_failed(&scene, EKIDEN_EPROTOCOL, "not understood");
                scene_expect_exit(&scene, ekiden_error_exit_status(EKIDEN_EPROTOCOL));
                scene_deinit(&scene);
        }
        scene_start_upgrade(&scene);
        cr_expect_eq(scene.request->protocol, 1u);
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        scene_deinit(&scene);
}

Test(rehearsal, its_report_lines_up)
{
        struct scene scene;
        char head[128];

        scene_start(&scene, TOOL_ARGUMENTS("--rehearse", "chat", "./chat-v2"));
        scene_send_until(&scene, EKIDEN_PHASE_READY);
        scene_send_rehearsed(&scene, "members", 840);
        scene_expect_exit(&scene, 0);
        snprintf(head, sizeof(head),
                 "chat: v1 (pid %d) \u2192 v2  the upgrade would succeed; the old version serves "
                 "on\n",
                 (int)getpid());
        expect_printed(&scene, head);
        expect_printed(&scene,
                       "  item     records     bytes  descriptors  transformed     time\n"
                       "  members    1,204  96.3 KiB          203        1,204  0.42 ms\n"
                       "  bans         new\n"
                       "\n"
                       "  pause        0.84 ms  (how long nobody would serve)\n"
                       "  peak memory  3.0 MiB  (of the new version)\n"
                       "  left behind  watches, entries  (the new version did not ask for it)\n");
        scene_deinit(&scene);
}

Test(rehearsal, it_is_told_on_a_terminal_below_the_phases)
{
        struct scene scene = {.listener = scene_listen("chat", getpid())};

        tool_start_on_terminal(&scene.tool, TOOL_ARGUMENTS("--rehearse", "chat", "./chat-v2"), 100);
        scene_accept(&scene);
        scene_send_until(&scene, EKIDEN_PHASE_READY);
        scene_send_rehearsed(&scene, "members", 840);
        scene_expect_exit(&scene, 0);
        expect_printed(&scene, "ready");
        expect_printed(&scene, "the upgrade would succeed");
        expect_printed(&scene, "peak memory");
        scene_deinit(&scene);
}

Test(rehearsal, what_a_process_calls_an_item_moves_no_cursor_and_no_column)
{
        struct scene scene;

        scene_start(&scene, TOOL_ARGUMENTS("--rehearse", "chat", "./chat-v2"));
        scene_send_rehearsed(&scene, "m\u00e4\x1b[2J", 840);
        scene_expect_exit(&scene, 0);
        expect_printed(&scene, "  item    records     bytes");
        expect_printed(&scene, "  m\u00e4?[2J    1,204  96.3 KiB");
        scene_deinit(&scene);
}

Test(rehearsal, a_failed_one_says_that_it_was_a_rehearsal)
{
        struct scene scene;
        char head[128];

        scene_start(&scene, TOOL_ARGUMENTS("--rehearse", "chat", "./chat-v2"));
        scene_send_until(&scene, EKIDEN_PHASE_READY);
        scene_send_failed(&scene, EKIDEN_EREFUSED, "there is no room for 1204 members");
        scene_expect_exit(&scene, 12);
        snprintf(head, sizeof(head),
                 "ekiden-upgrade: the rehearsal failed; chat (pid %d) serves on.", (int)getpid());
        cr_expect(strstr(scene.tool.errors, head), "%s", scene.tool.errors);
        cr_expect(strstr(scene.tool.errors, "reason  there is no room for 1204 members"));
        scene_deinit(&scene);
}

Test(rehearsal, a_process_that_does_not_do_what_was_asked_for_is_not_believed)
{
        struct scene scene;

        scene_start(&scene, TOOL_ARGUMENTS("--rehearse", "chat", "./chat-v2"));
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 15);
        cr_expect(strstr(scene.tool.errors, "the new version serves"), "%s", scene.tool.errors);
        scene_deinit(&scene);
        scene_start_upgrade(&scene);
        scene_send_rehearsed(&scene, "members", 420);
        scene_expect_exit(&scene, 15);
        cr_expect(strstr(scene.tool.errors, "has rehearsed"), "%s", scene.tool.errors);
        scene_deinit(&scene);
}

Test(rehearsal, a_report_that_cannot_be_written_is_a_failure)
{
        struct scene scene = {.listener = scene_listen("chat", getpid())};

        tool_start_into(&scene.tool, TOOL_ARGUMENTS("--rehearse", "chat", "x"),
                        open("/dev/full", O_WRONLY | O_CLOEXEC));
        scene_accept(&scene);
        scene_send_rehearsed(&scene, "members", 420);
        scene_expect_exit(&scene, ekiden_error_exit_status(EKIDEN_ESYSTEM));
        cr_expect(strstr(scene.tool.errors, "cannot write the output"));
        scene_deinit(&scene);
}

/* Plays `count` rehearsals, the first with a pause of `pause_us`, each longer by as much. */
static void play_several(struct scene *scene, int count, uint64_t pause_us)
{
        for (int i = 1; i <= count; i++) {
                scene_accept(scene);
                cr_expect(scene->request->upgrade->rehearse);
                ekiden__request__free_unpacked(scene->request, NULL);
                scene->request = NULL;
                scene_send_until(scene, EKIDEN_PHASE_READY);
                scene_send_rehearsed(scene, "members", (uint64_t)i * pause_us);
                scene_expect_closed(scene);
                scene_close(scene);
        }
}

/* One space in place of many. */
static void squeeze(char *text)
{
        char *to = text;

        for (const char *at = text; *at; at++)
                if (at[0] != ' ' || at[1] != ' ')
                        *to++ = *at;
        *to = '\0';
}

static void start_several(struct scene *scene, const char *const *arguments)
{
        *scene = (struct scene){.listener = scene_listen("chat", getpid())};
        tool_start(&scene->tool, arguments);
}

Test(rehearsal, several_are_asked_for_one_after_the_other_and_their_spread_is_told)
{
        struct scene scene;
        char head[128];

        start_several(&scene, ARGUMENTS("--times", "200"));
        play_several(&scene, 200, 1000);
        scene_expect_exit(&scene, 0);
        snprintf(head, sizeof(head),
                 "chat: v1 (pid %d) \u2192 v2  200 rehearsals went well; the old version serves "
                 "on\n",
                 (int)getpid());
        expect_printed(&scene, head);
        squeeze(scene.tool.printed); /* how wide a column is depends on how long it took */
        expect_printed(&scene, "\n median 99 % largest\n pause 100 ms 198 ms 200 ms\n total ");
        expect_printed(&scene, "\n item members 50.0 ms 99.0 ms 100 ms\n");
        cr_expect_null(strstr(scene.tool.printed, "transfer"), "the phases of each are told");
        scene_deinit(&scene);
}

Test(rehearsal, the_first_of_several_that_fails_ends_them)
{
        struct scene scene;

        start_several(&scene, ARGUMENTS("--times", "5"));
        play_several(&scene, 2, 1000);
        scene_accept(&scene);
        scene_send_failed(&scene, EKIDEN_ETRANSFORMER, "the third is too much");
        scene_expect_exit(&scene, 11);
        cr_expect(strstr(scene.tool.errors, "2 of 5 rehearsals went well"), "%s",
                  scene.tool.errors);
        cr_expect(strstr(scene.tool.errors, "the third is too much"));
        cr_expect_null(strstr(scene.tool.printed, "median"));
        scene_deinit(&scene);
}

Test(rehearsal, an_interrupt_ends_all_of_several)
{
        struct scene scene;

        start_several(&scene, ARGUMENTS("--times", "5"));
        play_several(&scene, 2, 1000);
        scene_accept(&scene);
        scene_send_until(&scene, EKIDEN_PHASE_WARM);
        cr_assert_eq(kill(scene.tool.pid, SIGINT), 0);
        scene_expect_closed(&scene);
        scene_send_failed(&scene, EKIDEN_ECANCELLED, "the operator went away");
        scene_expect_exit(&scene, 18);
        scene_deinit(&scene);
}

static void expect_usage_error(const char *const *arguments)
{
        struct tool tool;

        tool_run(&tool, arguments);
        cr_expect_eq(tool.exit_status, 64, "exit status %d: %s%s", tool.exit_status, tool.printed,
                     tool.errors);
        tool_deinit(&tool);
}

Test(rehearsal, what_makes_no_sense_is_a_usage_error)
{
        static const char *const wrong[] = {"", "0", "-1", "x", "1x", "100001", "1.5", " 2"};

        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
                expect_usage_error(ARGUMENTS("--times", wrong[i]));
        expect_usage_error(TOOL_ARGUMENTS("--times", "2", "chat", "./chat-v2"));
        expect_usage_error(TOOL_ARGUMENTS("--rehearse", "--list"));
        expect_usage_error(TOOL_ARGUMENTS("--rehearse", "--status", "chat"));
        expect_usage_error(TOOL_ARGUMENTS("--rehearse", "chat"));
}

/* REHEARSED with so many items, "0", "1", …, of which each took a microsecond. */
static void send_many_items(struct scene *scene, size_t count)
{
        Ekiden__ItemReport *reports = calloc(count, sizeof(*reports));
        Ekiden__ItemReport **items = calloc(count, sizeof(*items));
        char(*names)[8] = calloc(count, sizeof(*names));
        Ekiden__Event event = EKIDEN__EVENT__INIT;

        cr_assert(reports && items && names);
        for (size_t i = 0; i < count; i++) {
                snprintf(names[i], sizeof(names[i]), "%zu", i);
                reports[i] = (Ekiden__ItemReport)EKIDEN__ITEM_REPORT__INIT;
                reports[i].item = names[i];
                reports[i].has_duration_us = 1;
                reports[i].duration_us = 1;
                items[i] = &reports[i];
        }
        event.kind = EKIDEN__EVENT_KIND__REHEARSED;
        event.items = items;
        event.n_items = count;
        scene_send(scene, &event);
        free(reports);
        free(items);
        free(names);
}

Test(rehearsal, as_many_items_as_a_handover_may_have_are_counted_and_no_more)
{
        struct scene scene;

        start_several(&scene, ARGUMENTS("--quiet", "--times", "2"));
        for (int i = 0; i < 2; i++) {
                scene_accept(&scene);
                ekiden__request__free_unpacked(scene.request, NULL);
                scene.request = NULL;
                send_many_items(&scene, 65536);
                scene_expect_closed(&scene);
                scene_close(&scene);
        }
        scene_expect_exit(&scene, 0);
        scene_deinit(&scene);
        scene_start(&scene, TOOL_ARGUMENTS("--rehearse", "chat", "./chat-v2"));
        send_many_items(&scene, 65537);
        scene_expect_exit(&scene, 17);
        cr_expect(strstr(scene.tool.errors, "tells of 65537 items"), "%s", scene.tool.errors);
        scene_deinit(&scene);
}

#define REASON "an item that came before was taken out again"
#define LAST_LINE "\n  1 of 1 item could not be compared: members\n"

static void expect_last(const struct scene *scene, const char *line)
{
        size_t printed = strlen(scene->tool.printed), length = strlen(line);

        cr_assert_geq(printed, length);
        cr_expect_str_eq(scene->tool.printed + printed - length, line);
}

Test(rehearsal, the_last_line_of_a_verification_says_what_could_not_be_compared)
{
        struct scene scene;

        scene_start(&scene, TOOL_ARGUMENTS("--rehearse", "--verify", "chat", "./chat-v2"));
        scene.verdict = EKIDEN__VERDICT__NOT_COMPARED;
        scene.reason = REASON;
        scene_send_rehearsed(&scene, "members", 420);
        scene_expect_exit(&scene, 0);
        expect_printed(&scene, "  verified: 0 of 1 item the same\n");
        expect_printed(&scene, "  not compared: members (" REASON ")\n");
        expect_last(&scene, LAST_LINE);
        scene_deinit(&scene);
}

/* One of three; neither the first nor the last. */
Test(rehearsal, several_verifications_tell_the_worst_verdict)
{
        struct scene scene = {.listener = scene_listen("chat", getpid())};

        tool_start(&scene.tool, ARGUMENTS("--verify", "--times", "3"));
        for (int i = 0; i < 3; i++) {
                scene_accept(&scene);
                ekiden__request__free_unpacked(scene.request, NULL);
                scene.request = NULL;
                scene.verdict = i == 1 ? EKIDEN__VERDICT__NOT_COMPARED : EKIDEN__VERDICT__SAME;
                scene.reason = i == 1 ? REASON : NULL;
                scene_send_until(&scene, EKIDEN_PHASE_READY);
                scene_send_rehearsed(&scene, "members", 420);
                scene_expect_closed(&scene);
                scene_close(&scene);
        }
        scene_expect_exit(&scene, 0);
        expect_printed(&scene, "  not compared: members (" REASON ")\n");
        expect_last(&scene, LAST_LINE);
        scene_deinit(&scene);
}

Test(rehearsal, a_verification_tells_what_was_the_same_as_given_and_what_in_part)
{
        struct scene scene;

        scene_start(&scene, TOOL_ARGUMENTS("--rehearse", "--verify", "chat", "./chat-v2"));
        scene.verdict = EKIDEN__VERDICT__SAME_IN_PART;
        scene.reason = "not compared on the way back: Member.nick";
        scene_send_rehearsed(&scene, "members", 420);
        scene_expect_exit(&scene, 0);
        expect_printed(&scene,
                       "  verified: 1 of 1 item the same as given; 0 of them also when taken "
                       "back\n");
        expect_printed(&scene,
                       "  same in part: members (not compared on the way back: Member.nick)\n");
        cr_expect_null(strstr(scene.tool.printed, "could not be compared"));
        scene_deinit(&scene);
        scene_start(&scene, TOOL_ARGUMENTS("--rehearse", "--verify", "chat", "./chat-v2"));
        scene.verdict = EKIDEN__VERDICT__SAME_AS_GIVEN;
        scene.reason = "it has no way";
        scene_send_rehearsed(&scene, "members", 420);
        scene_expect_exit(&scene, 0);
        expect_printed(&scene, "  same as given: members (not taken back: it has no way)\n");
        scene_deinit(&scene);
}
