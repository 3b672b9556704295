/* SPDX-License-Identifier: MIT */
/* What goes wrong: its exit status, and what the operator reads of it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ekiden/handover.pb-c.h"
#include "scene.h"
#include "wire/clock.h"
#include "wire/frame.h"

TestSuite(failures, .init = scene_directory_make, .fini = scene_directory_remove, .timeout = 60);

static const int codes[] = {
#define VALUE(name, value, exit_status, sentence) EKIDEN_##name,
        EKIDEN_ERRORS(VALUE)
#undef VALUE
};

static void expect_said(const struct scene *scene, const char *said)
{
        cr_assert_not_null(strstr(scene->tool.errors, said), "\"%s\" is not in:\n%s", said,
                           scene->tool.errors);
}

Test(failures, every_code_has_its_exit_status_and_its_name_is_printed)
{
        for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
                struct scene scene;
                char error[64];

                scene_start_upgrade(&scene);
                scene_send_until(&scene, EKIDEN_PHASE_TRANSFER);
                scene_send_failed(&scene, codes[i], "this is why");
                scene_expect_exit(&scene, ekiden_error_exit_status(codes[i]));
                snprintf(error, sizeof(error), "error   %s (exit status %d)",
                         ekiden_error_name(codes[i]), ekiden_error_exit_status(codes[i]));
                expect_said(&scene, error);
                expect_said(&scene, "phase   transfer");
                expect_said(&scene, "reason  this is why");
                expect_said(&scene, "item    members");
                expect_said(&scene, "field   nick");
                expect_said(&scene, "next    ");
                /* Where another upgrade is under way, that may be in its pause. */
                expect_said(&scene,
                            codes[i] == EKIDEN_EBUSY ? "was not upgraded.\n" : "serves on.");
                scene_deinit(&scene);
        }
}

Test(failures, of_a_pause_for_nothing_it_is_said_how_long_it_was)
{
        Ekiden__Event event = EKIDEN__EVENT__INIT;
        Ekiden__Refusal refusal = EKIDEN__REFUSAL__INIT;
        struct scene scene;

        refusal.code = EKIDEN_EREFUSED;
        refusal.sentence = (char *)(uintptr_t) "this is why";
        event.kind = EKIDEN__EVENT_KIND__FAILED;
        event.refusal = &refusal;
        event.has_pause_us = true;
        event.pause_us = 534000;
        scene_start_upgrade(&scene);
        scene_send_until(&scene, EKIDEN_PHASE_TRANSFER);
        scene_send(&scene, &event);
        scene_expect_exit(&scene, ekiden_error_exit_status(EKIDEN_EREFUSED));
        expect_said(&scene, "  pause   534 ms, in which nobody served\n");
        scene_deinit(&scene);
}

Test(failures, an_unknown_code_is_a_failure_too)
{
        static const int unknown[] = {-22, -1000, INT32_MIN};

        for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
                struct scene scene;

                scene_start_upgrade(&scene);
                scene_send_failed(&scene, unknown[i], "why");
                scene_expect_exit(&scene, 70);
                scene_deinit(&scene);
        }
}

Test(failures, a_failure_with_a_code_that_is_none_never_looks_like_success)
{
        static const int none[] = {0, 1, INT32_MAX};

        for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
                struct scene scene;

                scene_start_upgrade(&scene);
                scene_send_failed(&scene, none[i], "why");
                scene_expect_exit(&scene, 15);
                scene_deinit(&scene);
        }
}

Test(failures, a_failure_without_a_reason_is_a_breach_of_the_protocol)
{
        Ekiden__Event event = EKIDEN__EVENT__INIT;
        struct scene scene;

        event.kind = EKIDEN__EVENT_KIND__FAILED;
        scene_start_upgrade(&scene);
        scene_send(&scene, &event);
        scene_expect_exit(&scene, 15);
        scene_deinit(&scene);
}

Test(failures, without_a_sentence_the_general_one_is_printed)
{
        struct scene scene;

        scene_start_upgrade(&scene);
        scene_send_failed(&scene, EKIDEN_EBUSY, NULL);
        scene_expect_exit(&scene, 6);
        expect_said(&scene, ekiden_error_text(EKIDEN_EBUSY));
        scene_deinit(&scene);
}

Test(failures, a_process_that_closes_without_a_word_is_said_to_run_still_in_each_phase)
{
        FOR_EACH_PHASE_UNTIL(phase, EKIDEN_PHASE_READY)
        {
                struct scene scene;

                scene_start_upgrade(&scene);
                scene_send_until(&scene, phase);
                scene_close(&scene);
                scene_expect_exit(&scene, 13);
                expect_said(&scene, "serves on");
                expect_said(&scene, "still runs");
                scene_deinit(&scene);
        }
}

Test(failures, of_a_process_that_ends_and_has_no_successor_it_is_said_that_nobody_serves)
{
        FOR_EACH_PHASE_UNTIL(phase, EKIDEN_PHASE_READY)
        {
                struct scene scene;

                scene_start_upgrade_of_other(&scene);
                scene_send_until(&scene, phase);
                scene_process_end(scene.other);
                scene_close(&scene);
                scene_expect_exit(&scene, 13);
                expect_said(&scene, "was not upgraded: it has ended, and nobody serves");
                expect_said(&scene, "start the program again");
                expect_said(&scene, "ended in phase");
                expect_said(&scene, ekiden_phase_name(phase > 0 ? (enum ekiden_phase)phase
                                                                : EKIDEN_PHASE_REQUEST));
                scene_deinit(&scene);
        }
}

Test(failures, of_a_process_that_ends_and_has_a_successor_it_is_said_that_it_was_upgraded)
{
        for (int phase = EKIDEN_PHASE_WARM; phase <= EKIDEN_PHASE_COMMIT; phase++) {
                char serves[64];
                struct scene scene;
                int listener;

                scene_start_upgrade_of_other(&scene);
                listener = scene_listen("chat", getpid());
                scene_send_until(&scene, (enum ekiden_phase)phase);
                scene_process_end(scene.other);
                scene_close(&scene);
                scene_answer_as_successor(listener, scene.other);
                scene_expect_exit(&scene, 0);
                snprintf(serves, sizeof(serves), "process %d has taken over", (int)getpid());
                expect_said(&scene, serves);
                cr_expect_not_null(strstr(scene.tool.printed, "v2"), "%s", scene.tool.printed);
                close(listener);
                scene_deinit(&scene);
                snprintf(serves, sizeof(serves), "%s/chat.%d", scene_directory(), (int)getpid());
                unlink(serves);
        }
}

Test(failures, whoever_does_not_answer_after_the_end_of_a_process_may_be_its_successor)
{
        char path[128];
        struct scene scene;
        int listener;

        scene_start_upgrade_of_other(&scene);
        listener = scene_listen("chat", getpid());
        scene_send_until(&scene, EKIDEN_PHASE_TRANSFER);
        scene_process_end(scene.other);
        scene_close(&scene);
        scene_expect_exit(&scene, 13);
        expect_said(&scene, "it is not known whether");
        close(listener);
        scene_deinit(&scene);
        snprintf(path, sizeof(path), "%s/chat.%d", scene_directory(), (int)getpid());
        unlink(path);
}

Test(failures, a_rehearsal_whose_process_ends_has_upgraded_nothing)
{
        pid_t other = scene_process_start();
        struct scene scene = {.listener = scene_listen("chat", other), .other = other};

        tool_start(&scene.tool, TOOL_ARGUMENTS("--rehearse", "chat", "x"));
        scene_accept(&scene);
        scene_send_until(&scene, EKIDEN_PHASE_TRANSFER);
        scene_process_end(other);
        scene_close(&scene);
        scene_expect_exit(&scene, 13);
        expect_said(&scene, "nobody serves");
        scene_deinit(&scene);
}

Test(failures, a_process_that_is_about_to_end_does_not_run_still)
{
        struct scene scene;

        scene_start_upgrade_of_other(&scene);
        scene_send_until(&scene, EKIDEN_PHASE_CHECK);
        scene_close(&scene);
        usleep(20000);
        scene_process_end(scene.other);
        scene_expect_exit(&scene, 13);
        expect_said(&scene, "it has ended");
        scene_deinit(&scene);
}

Test(failures, a_busy_process_that_is_gone_may_have_been_upgraded_by_another)
{
        struct scene scene;

        scene_start_upgrade_of_other(&scene);
        scene_process_end(scene.other);
        scene_send_failed(&scene, EKIDEN_EBUSY, "another upgrade is under way");
        scene_expect_exit(&scene, 6);
        expect_said(&scene, "it is not known whether");
        scene_deinit(&scene);
}

Test(failures, from_the_commit_on_an_end_without_a_word_is_not_called_anything)
{
        for (int phase = EKIDEN_PHASE_COMMIT; phase <= EKIDEN_PHASE_SERVE; phase++) {
                struct scene scene;

                scene_start_upgrade(&scene);
                scene_send_until(&scene, (enum ekiden_phase)phase);
                scene_close(&scene);
                scene_expect_exit(&scene, 13);
                expect_said(&scene, "it is not known whether");
                expect_said(&scene, "--list");
                scene_deinit(&scene);
        }
}

Test(failures, an_update_point_that_is_not_reached_in_time_is_a_timeout)
{
        struct scene scene;

        scene_start(&scene, TOOL_ARGUMENTS("--timeout", "0.2", "chat", "x"));
        scene_expect_closed(&scene);
        scene_expect_exit(&scene, 14);
        expect_said(&scene, "phase   request");
        expect_said(&scene, "is it blocked between update points?");
        expect_said(&scene, "serves on");
        scene_deinit(&scene);
}

/* What the tool says to do next after a failure with this code in this phase. */
static void expect_next(int code, enum ekiden_phase phase, int system_errno, const char *next)
{
        Ekiden__Event event = EKIDEN__EVENT__INIT;
        Ekiden__Refusal refusal = EKIDEN__REFUSAL__INIT;
        struct scene scene;
        char said[128];

        event.kind = EKIDEN__EVENT_KIND__FAILED;
        event.refusal = &refusal;
        refusal.code = code;
        refusal.has_phase = refusal.has_system_errno = 1;
        refusal.phase = phase;
        refusal.system_errno = system_errno;
        scene_start_upgrade(&scene);
        scene_send_seen(&scene);
        scene_send(&scene, &event);
        scene_expect_exit(&scene, ekiden_error_exit_status(code));
        snprintf(said, sizeof(said), "next    %s", next);
        expect_said(&scene, said);
        scene_deinit(&scene);
}

Test(failures, what_to_do_next_follows_from_the_phase_and_the_system_s_error_too)
{
        expect_next(EKIDEN_EPERMISSION, EKIDEN_PHASE_REQUEST, 0, "ask as the user");
        expect_next(EKIDEN_EPERMISSION, EKIDEN_PHASE_CHECK, 0, "do what the reason says, then");
        expect_next(EKIDEN_EREFUSED, EKIDEN_PHASE_REQUEST, 0, "ask again later");
        expect_next(EKIDEN_EREFUSED, EKIDEN_PHASE_READY, 0, "mend what the reason names");
        expect_next(EKIDEN_ESYSTEM, EKIDEN_PHASE_CHECK, EMFILE, "raise the limit of open files");
        expect_next(EKIDEN_ESYSTEM, EKIDEN_PHASE_CHECK, EIO, "remove the cause");
}

Test(failures, a_stopped_process_is_said_to_be_stopped)
{
        pid_t other = scene_process_start();
        struct scene scene = {.listener = scene_listen("chat", other), .other = other};

        cr_assert_eq(kill(other, SIGSTOP), 0);
        tool_start(&scene.tool, TOOL_ARGUMENTS("--timeout", "0.2", "chat", "x"));
        scene_accept(&scene);
        scene_expect_exit(&scene, 14);
        expect_said(&scene, "stopped (SIGSTOP)");
        expect_said(&scene, "next    let it go on with kill -CONT");
        scene_deinit(&scene);
        scene_process_end(other);
}

Test(failures, a_phase_that_outlasts_the_timeout_is_called_off_in_each_phase)
{
        for (int phase = EKIDEN_PHASE_REQUEST; phase <= EKIDEN_PHASE_READY; phase++) {
                struct scene scene;

                scene_start(&scene, TOOL_ARGUMENTS("--timeout", "0.1", "chat", "x"));
                scene_send_until(&scene, (enum ekiden_phase)phase);
                scene_expect_closed(&scene);
                scene_send_failed(&scene, EKIDEN_ECANCELLED, "the operator went away");
                scene_expect_exit(&scene, 14);
                expect_said(&scene, "--timeout");
                expect_said(&scene, "serves on");
                scene_deinit(&scene);
        }
}

/* The process says it between --timeout and when the tool calls the upgrade off, a quarter of a
   second later: whether this test ran in time for that. If not, nothing was tried. */
static bool say_that_the_time_is_up(struct scene *scene)
{
        uint64_t began_ns = ek_now_ns();
        bool was_closed;

        scene_start(scene, TOOL_ARGUMENTS("--timeout", "0.1", "chat", "x"));
        scene_send_until(scene, EKIDEN_PHASE_TRANSFER);
        usleep(150000);
        was_closed = ek_link_is_closed(scene->link);
        scene_send_failed(scene, EKIDEN_ETIMEOUT, "the successor still imports members");
        if (ek_now_ns() - began_ns < 350 * EK_NS_PER_MS) {
                cr_assert_not(was_closed);
                return true;
        }
        tool_wait(&scene->tool);
        scene_deinit(scene);
        return false;
}

Test(failures, the_process_may_say_itself_that_the_time_is_up)
{
        struct scene scene;
        int tries = 0;

        while (!say_that_the_time_is_up(&scene))
                cr_assert_lt(++tries, 20, "never in time");
        scene_expect_exit(&scene, 14);
        expect_said(&scene, "still imports members");
        scene_deinit(&scene);
}

Test(failures, a_process_that_does_not_confirm_is_not_said_to_serve_on)
{
        struct scene scene;

        scene_start(&scene, TOOL_ARGUMENTS("--timeout", "0.1", "chat", "x"));
        scene_send_until(&scene, EKIDEN_PHASE_WARM);
        scene_expect_exit(&scene, 14);
        expect_said(&scene, "it is not known whether");
        scene_deinit(&scene);
}

Test(failures, a_commit_that_lies_in_the_socket_when_the_time_is_up_is_a_success)
{
        for (int phase = EKIDEN_PHASE_NONE; phase <= EKIDEN_PHASE_READY; phase++) {
                pid_t other = scene_process_start();
                struct scene scene = {.listener = scene_listen("chat", other), .other = other};

                tool_start(&scene.tool, TOOL_ARGUMENTS("--timeout", "0.5", "chat", "x"));
                scene_accept(&scene);
                scene_send_until(&scene, (enum ekiden_phase)phase);
                tool_stop(&scene.tool);
                for (int next = phase + 1; next <= EKIDEN_PHASE_SERVE; next++)
                        if (next > EKIDEN_PHASE_REQUEST)
                                scene_send_phase(&scene, (enum ekiden_phase)next);
                scene_send_committed(&scene);
                scene_close(&scene);
                scene_process_end(other);
                usleep(800000); /* --timeout, and what is added to it */
                kill(scene.tool.pid, SIGCONT);
                scene_expect_exit(&scene, 0);
                scene_deinit(&scene);
        }
}

/* As many events as fit, so that they are sent faster than the tool reads them. */
static size_t fill_with_events(uint8_t *buffer, size_t size)
{
        Ekiden__Event event = EKIDEN__EVENT__INIT;
        size_t used = 0;

        event.kind = EKIDEN__EVENT_KIND__PROGRESS;
        while (used + EK_FRAME_HEADER_SIZE + ekiden__event__get_packed_size(&event) <= size) {
                uint8_t *payload = buffer + used + EK_FRAME_HEADER_SIZE;
                size_t payload_size = ekiden__event__pack(&event, payload);

                ek_frame_header_write(buffer + used, EKIDEN__FRAME_KIND__EVENT, payload,
                                      payload_size);
                used += EK_FRAME_HEADER_SIZE + payload_size;
        }
        return used;
}

static void expect_timeout_of_who_talks_without_end(const char *const *arguments)
{
        static uint8_t events[65536];
        static const int room = 1 << 20; /* so that there is always something to read */
        struct scene scene;
        size_t size;

        scene_start(&scene, arguments);
        scene_send_until(&scene, EKIDEN_PHASE_TRANSFER);
        size = fill_with_events(events, sizeof(events));
        cr_assert_eq(fcntl(ek_link_socket(scene.link), F_SETFL, 0), 0); /* no part of a frame */
        setsockopt(ek_link_socket(scene.link), SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
        for (int i = 0; i < 4000 && !ek_link_is_closed(scene.link); i++)
                (void)!send(ek_link_socket(scene.link), events, size, MSG_NOSIGNAL);
        cr_assert(ek_link_is_closed(scene.link), "%s", arguments[2]);
        scene_close(&scene);
        scene_expect_exit(&scene, 14);
        scene_deinit(&scene);
}

Test(failures, an_odd_file_beside_a_process_that_ends_leaves_no_doubt_that_nobody_serves)
{
        int odd = scene_listen_by("chat", getpid(), SOCK_DGRAM);
        struct scene scene;

        scene_start_upgrade_of_other(&scene);
        scene_send_until(&scene, EKIDEN_PHASE_TRANSFER);
        close(scene.listener);
        scene.listener = -1;
        scene_process_end(scene.other);
        scene_close(&scene);
        scene_expect_exit(&scene, 13);
        expect_said(&scene, "was not upgraded: it has ended, and nobody serves");
        scene_deinit(&scene);
        close(odd);
}

Test(failures, a_process_that_talks_without_end_meets_the_timeout)
{
        char file[128];

        snprintf(file, sizeof(file), "%s/chat.ekiden", scene_directory());
        expect_timeout_of_who_talks_without_end(TOOL_ARGUMENTS("--timeout", "0.1", "chat", "x"));
        expect_timeout_of_who_talks_without_end(
                TOOL_ARGUMENTS("--timeout", "0.1", "--wait", "chat"));
        expect_timeout_of_who_talks_without_end(
                TOOL_ARGUMENTS("--timeout", "0.1", "--cancel", "chat"));
        expect_timeout_of_who_talks_without_end(
                TOOL_ARGUMENTS("--timeout", "0.1", "--snapshot", file, "chat"));
        cr_expect_neq(access(file, F_OK), 0);
}

Test(failures, a_program_that_is_not_found_fails_in_the_request)
{
        struct tool tool;

        tool_run(&tool, TOOL_ARGUMENTS("chat", "x"));
        cr_assert_eq(tool.exit_status, 3);
        cr_assert(strstr(tool.errors, "phase   request"), "%s", tool.errors);
        tool_deinit(&tool);
}

Test(failures, the_timeout_does_not_interrupt_a_commit)
{
        struct scene scene;

        scene_start(&scene, TOOL_ARGUMENTS("--timeout", "0.5", "chat", "x"));
        scene_send_until(&scene, EKIDEN_PHASE_COMMIT);
        usleep(900000);
        cr_assert(!ek_link_is_closed(scene.link));
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        scene_deinit(&scene);
}
