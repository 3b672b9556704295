/* SPDX-License-Identifier: MIT */
/*
 * Whatever goes wrong, at whichever step: the predecessor serves on with its state, nothing is left
 * over in it or of the successor, and the next upgrade succeeds.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "footprint.h"
#include "operator.h"

static void try_fault(const char *fault, int code, unsigned int deadline_ms)
{
        for (size_t i = 0; i < STEP_COUNT; i++) {
                struct service service = service_start(PROBE_V1, LONG_MS);
                struct footprint before;
                struct outcome outcome;

                service_warm_up(&service);
                service_set_deadlines(&service, &steps[i], deadline_ms);
                before = footprint_look(&service);
                outcome = operator_upgrade(&service, PUPPET, steps[i].name, fault, 0);
                cr_expect(outcome.is_over && !outcome.is_committed, "%s at %s", fault,
                          steps[i].name);
                cr_expect_eq(outcome.code, code, "%s at %s: %s, %s", fault, steps[i].name,
                             ekiden_error_name(outcome.code), outcome.sentence);
                cr_expect(outcome.phase >= steps[i].earliest && outcome.phase <= steps[i].latest,
                          "%s at %s: in phase %s", fault, steps[i].name,
                          ekiden_phase_name((enum ekiden_phase)outcome.phase));
                footprint_expect(&service, &before, steps[i].name);
                service_set_deadlines(&service, &steps[i], LONG_MS);
                service_expect_next_upgrade(&service, steps[i].name);
                service_stop(&service);
        }
}

Test(faults, a_successor_killed_at_any_step_harms_nothing, .timeout = 120)
{
        try_fault("kill", EKIDEN_EPEER, LONG_MS);
}

Test(faults, a_successor_that_exits_at_any_step_harms_nothing, .timeout = 120)
{
        try_fault("exit", EKIDEN_EPEER, LONG_MS);
}

Test(faults, a_successor_that_closes_its_socket_at_any_step_harms_nothing, .timeout = 120)
{
        try_fault("close", EKIDEN_EPEER, LONG_MS);
}

Test(faults, a_successor_that_hangs_at_any_step_is_ended_at_the_deadline, .timeout = 120)
{
        try_fault("hang", EKIDEN_ETIMEOUT, SHORT_MS);
}

Test(faults, a_successor_that_takes_long_to_die_is_reaped_when_it_is_dead, .timeout = 60)
{
        static const struct step step = {"warm", EKIDEN_PHASE_WARM, EKIDEN_PHASE_WARM};
        struct service service = service_start(PROBE_V1, LONG_MS);
        struct outcome outcome;

        service_set_deadlines(&service, &step, SHORT_MS);
        outcome = operator_upgrade(&service, PUPPET, step.name, "linger", 0);
        cr_expect_eq(outcome.code, EKIDEN_ETIMEOUT, "%s", outcome.sentence);
        cr_expect_eq(count_children(service.pid), 1, "it was dead at once: nothing is tested");
        service_settle_quietly(&service);
        service_set_deadlines(&service, &step, LONG_MS);
        service_expect_next_upgrade(&service, step.name);
        service_stop(&service);
}

Test(faults, the_predecessors_socket_shut_down_in_any_phase_harms_nothing, .timeout = 120)
{
        /* In check there is no socket yet when the phase begins. */
        for (int phase = EKIDEN_PHASE_WARM; phase <= EKIDEN_PHASE_COMMIT; phase++) {
                struct service service = service_start(PROBE_V1, LONG_MS);
                const char *name = ekiden_phase_name((enum ekiden_phase)phase);
                struct footprint before;
                struct outcome outcome;
                char command[32];

                service_warm_up(&service);
                before = footprint_look(&service);
                snprintf(command, sizeof(command), "break %s", name);
                service_tell(&service, command);
                outcome = operator_upgrade(&service, PROBE_V2, NULL, NULL, 0);
                cr_expect(outcome.is_over && !outcome.is_committed, "shut down in %s", name);
                footprint_expect(&service, &before, name);
                service_tell(&service, "break nothing");
                service_expect_next_upgrade(&service, name);
                service_stop(&service);
        }
}

Test(faults, what_a_successor_forks_before_it_serves_never_serves, .timeout = 60)
{
        struct service service;
        struct footprint before;
        struct outcome outcome;

        setenv("PROBE_FORK", "1", 1);
        service = service_start(PROBE_V1, LONG_MS);
        unsetenv("PROBE_FORK");
        service_warm_up(&service);
        before = footprint_look(&service);
        outcome = operator_upgrade(&service, PROBE_V2, NULL, NULL, 0);
        cr_expect(outcome.is_over && !outcome.is_committed);
        cr_expect_eq(outcome.code, EKIDEN_EPEER, "%s", outcome.sentence);
        footprint_expect(&service, &before, "fork");
        service_stop(&service);
}

Test(faults, an_item_that_the_successor_forgets_is_named, .timeout = 60)
{
        struct service service;
        struct outcome outcome;

        setenv("PROBE_FORGET", "1", 1);
        service = service_start(PROBE_V1, LONG_MS);
        unsetenv("PROBE_FORGET");
        outcome = operator_upgrade(&service, PROBE_V2, NULL, NULL, 0);
        cr_expect(outcome.is_committed, "%s", outcome.sentence);
        cr_expect_eq(outcome.left_behind_count, 1);
        cr_expect_str_eq(outcome.left_behind, "records");
        wait_until_gone(service.pid);
        service_stop(&service);
}

Test(faults, a_program_that_closes_the_control_socket_serves_on, .timeout = 60)
{
        struct service service = service_start(PROBE_V1, LONG_MS);
        struct answer before = service_tell(&service, "close");

        for (int i = 1; i < 4; i++)
                cr_expect_eq(service_ask(&service).asked, before.asked + (uint64_t)i);
        cr_expect_not(operator_upgrade(&service, PROBE_V2, NULL, NULL, 0).is_over);
        service_stop(&service);
}

Test(faults, many_failed_upgrades_in_a_row_leave_nothing_and_the_next_one_works, .timeout = 120)
{
        struct service service = service_start(PROBE_V1, LONG_MS);
        struct footprint before;

        service_warm_up(&service);
        before = footprint_look(&service);
        for (int i = 0; i < 100; i++) {
                struct outcome outcome = operator_upgrade(
                        &service, PUPPET, steps[(size_t)i % STEP_COUNT].name, "exit", 0);

                cr_expect_eq(outcome.code, EKIDEN_EPEER, "attempt %d: %s, %s", i,
                             ekiden_error_name(outcome.code), outcome.sentence);
        }
        footprint_expect(&service, &before, "the hundredth");
        service_expect_next_upgrade(&service, "the hundredth");
        service_stop(&service);
}

Test(faults, an_operator_who_vanishes_before_the_commit_calls_it_off, .timeout = 120)
{
        for (size_t i = 0; i < STEP_COUNT && steps[i].latest < EKIDEN_PHASE_COMMIT; i++) {
                struct service service = service_start(PROBE_V1, LONG_MS);
                struct footprint before;

                service_warm_up(&service);
                before = footprint_look(&service);
                operator_upgrade(&service, PUPPET, steps[i].name, "hang", steps[i].latest);
                service_settle(&service);
                footprint_expect(&service, &before, steps[i].name);
                service_expect_next_upgrade(&service, steps[i].name);
                service_stop(&service);
        }
}

Test(faults, an_operator_who_vanishes_right_after_asking_harms_nothing, .timeout = 60)
{
        struct service service = service_start(PROBE_V1, LONG_MS);
        struct footprint before;

        service_warm_up(&service);
        before = footprint_look(&service);
        operator_ask_and_leave(&service, PROBE_V2);
        service_settle(&service);
        footprint_expect(&service, &before, "request");
        service_expect_next_upgrade(&service, "request");
        service_stop(&service);
}

Test(faults, an_operator_who_vanishes_in_commit_changes_nothing, .timeout = 60)
{
        struct service service = service_start(PROBE_V1, LONG_MS);
        struct answer before = service_ask(&service);
        struct answer after;

        operator_upgrade(&service, PROBE_V2, NULL, NULL, EKIDEN_PHASE_COMMIT);
        cr_expect(wait_until_gone(before.pid), "the predecessor has left");
        after = service_ask(&service);
        cr_expect_eq(after.asked, before.asked + 1);
        cr_expect_eq(after.version, 2);
        service_stop(&service);
}

Test(faults, a_predecessor_leaves_when_it_has_taken_and_not_before, .timeout = 60)
{
        struct service service = service_start(PROBE_V1, LONG_MS);
        struct outcome outcome = operator_upgrade(&service, PUPPET, "serve", "exit", 0);

        cr_expect(outcome.is_committed, "%s", outcome.sentence);
        cr_expect(wait_until_gone(service.pid));
        cr_expect(wait_until_gone(outcome.successor));
        cr_expect_eq(count_sockets(&service), 0, "the predecessor has removed its socket");
        service_end(&service);
        cr_expect_eq(rmdir(service.directory), 0);
}
