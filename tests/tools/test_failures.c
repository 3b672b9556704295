/* SPDX-License-Identifier: MIT */
/* What goes wrong: its exit status, and what the operator reads of it. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "scene.h"

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
                expect_said(&scene, "serves on.");
                scene_deinit(&scene);
        }
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

Test(failures, a_process_that_ends_is_said_to_have_ended_in_each_phase)
{
        FOR_EACH_PHASE_UNTIL(phase, EKIDEN_PHASE_READY)
        {
                struct scene scene;

                scene_start_upgrade_of_other(&scene);
                scene_send_until(&scene, phase);
                scene_process_end(scene.other);
                scene_close(&scene);
                scene_expect_exit(&scene, 13);
                expect_said(&scene, "has ended");
                expect_said(&scene, ekiden_phase_name(phase > 0 ? (enum ekiden_phase)phase
                                                                : EKIDEN_PHASE_REQUEST));
                scene_deinit(&scene);
        }
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

Test(failures, a_stopped_process_is_said_to_be_stopped)
{
        pid_t other = scene_process_start();
        struct scene scene = {.listener = scene_listen("chat", other), .other = other};

        cr_assert_eq(kill(other, SIGSTOP), 0);
        tool_start(&scene.tool, TOOL_ARGUMENTS("--timeout", "0.2", "chat", "x"));
        scene_accept(&scene);
        scene_expect_exit(&scene, 14);
        expect_said(&scene, "stopped (SIGSTOP)");
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

Test(failures, the_process_may_say_itself_that_the_time_is_up)
{
        struct scene scene;

        scene_start(&scene, TOOL_ARGUMENTS("--timeout", "0.1", "chat", "x"));
        scene_send_until(&scene, EKIDEN_PHASE_TRANSFER);
        usleep(150000);
        cr_assert(!ek_link_is_closed(scene.link));
        scene_send_failed(&scene, EKIDEN_ETIMEOUT, "the successor still imports members");
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

Test(failures, the_timeout_does_not_interrupt_a_commit)
{
        struct scene scene;

        scene_start(&scene, TOOL_ARGUMENTS("--timeout", "0.1", "chat", "x"));
        scene_send_until(&scene, EKIDEN_PHASE_COMMIT);
        usleep(500000);
        cr_assert(!ek_link_is_closed(scene.link));
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        scene_deinit(&scene);
}
