/* SPDX-License-Identifier: MIT */
/* Ctrl-C, at every moment at which it can come. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "scene.h"
#include "wire/clock.h"

TestSuite(interrupt, .init = scene_directory_make, .fini = scene_directory_remove, .timeout = 60);

/* Until the tool has shown the phase before, it has not read of one. */
static void send_until(struct scene *scene, enum ekiden_phase phase)
{
        scene_send_until(scene, phase);
        /* Before the first phase nothing is printed; the signals are blocked before it asks. */
        if (phase > EKIDEN_PHASE_REQUEST)
                tool_wait_until_printed(&scene->tool,
                                        ekiden_phase_name((enum ekiden_phase)(phase - 1)));
}

Test(interrupt, before_the_commit_the_connection_is_closed_and_the_exit_status_says_so)
{
        static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

        signal(SIGHUP, SIG_DFL); /* whoever started the tests may ignore it */
        for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
                FOR_EACH_PHASE_UNTIL(phase, EKIDEN_PHASE_READY)
                {
                        struct scene scene;
                        char said[64];

                        scene_start_upgrade(&scene);
                        send_until(&scene, phase);
                        cr_assert_eq(kill(scene.tool.pid, signals[i]), 0);
                        scene_expect_closed(&scene);
                        scene_send_failed(&scene, EKIDEN_ECANCELLED, "the operator went away");
                        scene_expect_exit(&scene, 18);
                        snprintf(said, sizeof(said),
                                 "called off in phase %s; chat (pid %d) serves on",
                                 ekiden_phase_name(phase > 0 ? (enum ekiden_phase)phase
                                                             : EKIDEN_PHASE_REQUEST),
                                 (int)getpid());
                        cr_assert_not_null(strstr(scene.tool.errors, said), "%s",
                                           scene.tool.errors);
                        scene_deinit(&scene);
                }
        }
}

Test(interrupt, a_process_that_closes_instead_of_answering_serves_on_too)
{
        struct scene scene;

        scene_start_upgrade(&scene);
        send_until(&scene, EKIDEN_PHASE_WARM);
        kill(scene.tool.pid, SIGINT);
        scene_expect_closed(&scene);
        scene_close(&scene);
        scene_expect_exit(&scene, 18);
        cr_assert_not_null(strstr(scene.tool.errors, "serves on"));
        scene_deinit(&scene);
}

Test(interrupt, from_the_commit_on_it_is_too_late)
{
        for (int phase = EKIDEN_PHASE_COMMIT; phase <= EKIDEN_PHASE_SERVE; phase++) {
                struct scene scene;

                scene_start_upgrade(&scene);
                send_until(&scene, (enum ekiden_phase)phase);
                kill(scene.tool.pid, SIGINT);
                tool_wait_until_said(&scene.tool, "too late");
                cr_assert(!ek_link_is_closed(scene.link));
                scene_send_committed(&scene);
                scene_expect_exit(&scene, 0);
                scene_deinit(&scene);
        }
}

Test(interrupt, a_commit_that_was_faster_is_a_success)
{
        struct scene scene;

        scene_start_upgrade(&scene);
        send_until(&scene, EKIDEN_PHASE_READY);
        kill(scene.tool.pid, SIGINT);
        scene_expect_closed(&scene);
        scene_send_phase(&scene, EKIDEN_PHASE_COMMIT);
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        cr_assert_not_null(strstr(scene.tool.printed, "v2 (pid 4720)"));
        scene_deinit(&scene);
}

/* Starts the tool, calls the upgrade off, and sends what comes all the same. The tool, to which
   nothing was seen, waits for that a quarter of a second: whether it was sent in time. If not,
   nothing was tried: this test may not have run for so long. */
static bool call_off_unseen(struct scene *scene, void (*send)(struct scene *scene))
{
        uint64_t called_off_ns;

        scene_start_upgrade(scene);
        called_off_ns = ek_now_ns();
        kill(scene->tool.pid, SIGINT);
        scene_expect_closed(scene);
        send(scene);
        if (ek_now_ns() - called_off_ns < 250 * EK_NS_PER_MS)
                return true;
        tool_wait(&scene->tool);
        scene_deinit(scene);
        return false;
}

static void call_off_until_in_time(struct scene *scene, void (*send)(struct scene *scene))
{
        int tries = 0;

        while (!call_off_unseen(scene, send))
                cr_assert_lt(++tries, 20, "never in time");
}

static void send_commit(struct scene *scene)
{
        scene_send_until(scene, EKIDEN_PHASE_COMMIT);
        scene_send_committed(scene);
}

Test(interrupt, a_commit_that_was_faster_is_a_success_before_anything_was_seen_too)
{
        struct scene scene;

        call_off_until_in_time(&scene, send_commit);
        scene_expect_exit(&scene, 0);
        scene_deinit(&scene);
}

/* The tool sleeps while the upgrade runs to its end, and wakes to a signal, or to two. */
Test(interrupt, a_commit_that_lies_in_the_socket_is_a_success_in_each_phase)
{
        FOR_EACH_PHASE_UNTIL(phase, EKIDEN_PHASE_READY)
        {
                for (int signals = 1; signals <= 2; signals++) {
                        struct scene scene;

                        scene_start_upgrade_of_other(&scene);
                        send_until(&scene, phase);
                        tool_stop(&scene.tool);
                        if (phase < EKIDEN_PHASE_REQUEST)
                                scene_send_seen(&scene);
                        for (int next = (int)phase + 1; next <= EKIDEN_PHASE_SERVE; next++)
                                if (next > EKIDEN_PHASE_REQUEST)
                                        scene_send_phase(&scene, (enum ekiden_phase)next);
                        scene_send_committed(&scene);
                        scene_close(&scene);
                        scene_process_end(scene.other);
                        kill(scene.tool.pid, SIGINT);
                        if (signals > 1)
                                kill(scene.tool.pid, SIGTERM);
                        kill(scene.tool.pid, SIGCONT);
                        scene_expect_exit(&scene, 0);
                        scene_deinit(&scene);
                }
        }
}

Test(interrupt, a_request_that_is_seen_meanwhile_is_waited_for)
{
        struct scene scene;

        call_off_until_in_time(&scene, scene_send_seen);
        usleep(500000);
        scene_send_failed(&scene, EKIDEN_ECANCELLED, "the operator went away");
        scene_expect_exit(&scene, 18);
        cr_assert_not_null(strstr(scene.tool.errors, "serves on"), "%s", scene.tool.errors);
        scene_deinit(&scene);
}

Test(interrupt, a_process_that_is_gone_without_a_word_is_not_called_anything)
{
        struct scene scene;

        scene_start_upgrade_of_other(&scene);
        scene_process_end(scene.other);
        kill(scene.tool.pid, SIGINT);
        scene_expect_exit(&scene, 18);
        cr_assert_not_null(strstr(scene.tool.errors, "it is not known whether"), "%s",
                           scene.tool.errors);
        scene_deinit(&scene);
}

Test(interrupt, a_failure_of_its_own_is_not_hidden_by_it)
{
        struct scene scene;

        scene_start_upgrade(&scene);
        send_until(&scene, EKIDEN_PHASE_TRANSFER);
        kill(scene.tool.pid, SIGINT);
        scene_expect_closed(&scene);
        scene_send_failed(&scene, EKIDEN_ETRANSFORMER, "a nick has a blank in it");
        scene_expect_exit(&scene, 11);
        cr_assert_not_null(strstr(scene.tool.errors, "a nick has a blank in it"));
        scene_deinit(&scene);
}

Test(interrupt, a_second_one_does_not_wait_for_the_process)
{
        struct scene scene;
        uint64_t second_ns;

        scene_start_upgrade(&scene);
        send_until(&scene, EKIDEN_PHASE_WARM);
        kill(scene.tool.pid, SIGINT);
        scene_expect_closed(&scene);
        second_ns = ek_now_ns();
        kill(scene.tool.pid, SIGINT);
        scene_expect_exit(&scene, 18);
        cr_assert_lt(ek_now_ns() - second_ns, 1800 * EK_NS_PER_MS, "it waited for two seconds");
        cr_assert_not_null(strstr(scene.tool.errors, "it is not known whether"));
        scene_deinit(&scene);
}

Test(interrupt, a_process_that_talks_without_end_can_be_called_off)
{
        struct scene scene;

        scene_start_upgrade(&scene);
        send_until(&scene, EKIDEN_PHASE_TRANSFER);
        kill(scene.tool.pid, SIGINT);
        for (int i = 0; i < 200000 && !ek_link_is_closed(scene.link); i++)
                scene_send_progress(&scene, "members", 1, 2, 1);
        cr_assert(ek_link_is_closed(scene.link));
        scene_close(&scene);
        scene_expect_exit(&scene, 18);
        scene_deinit(&scene);
}

Test(interrupt, what_nohup_ignores_stays_ignored)
{
        struct scene scene;

        signal(SIGHUP, SIG_IGN);
        scene_start_upgrade(&scene);
        send_until(&scene, EKIDEN_PHASE_WARM);
        kill(scene.tool.pid, SIGHUP);
        usleep(100000);
        cr_assert(!ek_link_is_closed(scene.link));
        scene_send_phase(&scene, EKIDEN_PHASE_COMMIT);
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        scene_deinit(&scene);
}
