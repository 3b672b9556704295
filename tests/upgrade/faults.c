/* SPDX-License-Identifier: MIT */
/*
 * Whatever goes wrong, at whichever step: the predecessor serves on with its state, nothing is left
 * over in it or of the successor, and the next upgrade succeeds.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "operator.h"

#define SHORT_MS 150
#define LONG_MS 8000

struct step {
        const char *name;
        int earliest, latest; /* phases in which the predecessor may meet the fault */
};

/* At request there is no successor yet, and at serve there is no predecessor any more. */
static const struct step steps[] = {
        {"check", EKIDEN_PHASE_CHECK, EKIDEN_PHASE_CHECK},
        {"warm", EKIDEN_PHASE_WARM, EKIDEN_PHASE_WARM},
        {"pause", EKIDEN_PHASE_PAUSE, EKIDEN_PHASE_TRANSFER},
        {"transfer", EKIDEN_PHASE_TRANSFER, EKIDEN_PHASE_TRANSFER},
        {"ready", EKIDEN_PHASE_TRANSFER, EKIDEN_PHASE_TRANSFER},
        {"commit", EKIDEN_PHASE_COMMIT, EKIDEN_PHASE_COMMIT},
};

#define STEPS (sizeof(steps) / sizeof(steps[0]))

/* What must be the same after a fault as it was before. */
struct footprint {
        struct answer answer;
        size_t sockets;
};

static struct footprint look(struct service *service)
{
        struct footprint footprint = {.answer = service_ask(service)};

        footprint.sockets = count_sockets(service);
        return footprint;
}

static void expect_unharmed(struct service *service, const struct footprint *before,
                            const char *step)
{
        struct footprint after = look(service);

        cr_expect_eq(after.answer.pid, before->answer.pid, "at %s: another process serves", step);
        cr_expect_eq(after.answer.version, before->answer.version, "at %s", step);
        cr_expect_gt(after.answer.asked, before->answer.asked, "at %s: the count went back", step);
        cr_expect_eq(after.answer.records, before->answer.records, "at %s", step);
        cr_expect_eq(after.answer.descriptors, before->answer.descriptors,
                     "at %s: %d descriptors, not %d", step, after.answer.descriptors,
                     before->answer.descriptors);
        cr_expect_eq(after.sockets, before->sockets, "at %s: a control socket is left", step);
        cr_expect_eq(count_children(after.answer.pid), 0, "at %s: a child is left", step);
        cr_expect_eq(after.answer.heap_bytes, before->answer.heap_bytes,
                     "at %s: %zu bytes of heap, not %zu", step, after.answer.heap_bytes,
                     before->answer.heap_bytes);
}

static void expect_next_upgrade_works(struct service *service, const char *step)
{
        struct answer before = service_ask(service);
        struct outcome outcome = operator_upgrade(service, PROBE_V2, NULL, NULL, 0);
        struct answer after;

        cr_expect(outcome.is_committed, "after %s: %s", step, outcome.sentence);
        cr_expect(wait_until_gone(before.pid));
        after = service_ask(service);
        cr_expect_eq(after.pid, outcome.successor);
        cr_expect_eq(after.version, 2);
        cr_expect_eq(after.asked, before.asked + 1, "after %s: the count is wrong", step);
        cr_expect_eq(after.records, before.records);
}

/* One fault first that is not measured: what is made once and kept is made then. */
static void warm_up(struct service *service)
{
        operator_upgrade(service, PUPPET, "commit", "kill", 0);
        operator_upgrade(service, PUPPET, "commit", "kill", 0);
}

/* Of the phases in which the fault may show, and of no other: a slow machine has time for those. A
   transfer ends by the deadline for the next request, which is that of READY. */
static void set_deadlines(struct service *service, const struct step *step, unsigned int timeout_ms)
{
        int latest = step->latest == EKIDEN_PHASE_TRANSFER ? EKIDEN_PHASE_READY : step->latest;

        for (int phase = step->earliest; phase <= latest; phase++) {
                char command[32];

                snprintf(command, sizeof(command), "deadline %d %u", phase, timeout_ms);
                service_tell(service, command);
        }
}

static void try_fault(const char *fault, int code, unsigned int deadline_ms)
{
        for (size_t i = 0; i < STEPS; i++) {
                struct service service = service_start(PROBE_V1, LONG_MS);
                struct footprint before;
                struct outcome outcome;

                warm_up(&service);
                set_deadlines(&service, &steps[i], deadline_ms);
                before = look(&service);
                outcome = operator_upgrade(&service, PUPPET, steps[i].name, fault, 0);
                cr_expect(outcome.is_over && !outcome.is_committed, "%s at %s", fault,
                          steps[i].name);
                cr_expect_eq(outcome.code, code, "%s at %s: %s, %s", fault, steps[i].name,
                             ekiden_error_name(outcome.code), outcome.sentence);
                cr_expect(outcome.phase >= steps[i].earliest && outcome.phase <= steps[i].latest,
                          "%s at %s: in phase %s", fault, steps[i].name,
                          ekiden_phase_name((enum ekiden_phase)outcome.phase));
                expect_unharmed(&service, &before, steps[i].name);
                set_deadlines(&service, &steps[i], LONG_MS);
                expect_next_upgrade_works(&service, steps[i].name);
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

        set_deadlines(&service, &step, SHORT_MS);
        outcome = operator_upgrade(&service, PUPPET, step.name, "linger", 0);
        cr_expect_eq(outcome.code, EKIDEN_ETIMEOUT, "%s", outcome.sentence);
        cr_expect_eq(count_children(service.pid), 1, "it was dead at once: nothing is tested");
        service_settle_quietly(&service);
        set_deadlines(&service, &step, LONG_MS);
        expect_next_upgrade_works(&service, step.name);
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

                warm_up(&service);
                before = look(&service);
                snprintf(command, sizeof(command), "break %s", name);
                service_tell(&service, command);
                outcome = operator_upgrade(&service, PROBE_V2, NULL, NULL, 0);
                cr_expect(outcome.is_over && !outcome.is_committed, "shut down in %s", name);
                expect_unharmed(&service, &before, name);
                service_tell(&service, "break nothing");
                expect_next_upgrade_works(&service, name);
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
        warm_up(&service);
        before = look(&service);
        outcome = operator_upgrade(&service, PROBE_V2, NULL, NULL, 0);
        cr_expect(outcome.is_over && !outcome.is_committed);
        cr_expect_eq(outcome.code, EKIDEN_EPEER, "%s", outcome.sentence);
        expect_unharmed(&service, &before, "fork");
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

        warm_up(&service);
        before = look(&service);
        for (int i = 0; i < 100; i++) {
                struct outcome outcome = operator_upgrade(&service, PUPPET,
                                                          steps[(size_t)i % STEPS].name, "exit", 0);

                cr_expect_eq(outcome.code, EKIDEN_EPEER, "attempt %d: %s, %s", i,
                             ekiden_error_name(outcome.code), outcome.sentence);
        }
        expect_unharmed(&service, &before, "the hundredth");
        expect_next_upgrade_works(&service, "the hundredth");
        service_stop(&service);
}

Test(faults, an_operator_who_vanishes_before_the_commit_calls_it_off, .timeout = 120)
{
        for (size_t i = 0; i < STEPS && steps[i].latest < EKIDEN_PHASE_COMMIT; i++) {
                struct service service = service_start(PROBE_V1, LONG_MS);
                struct footprint before;

                warm_up(&service);
                before = look(&service);
                operator_upgrade(&service, PUPPET, steps[i].name, "hang", steps[i].latest);
                service_settle(&service);
                expect_unharmed(&service, &before, steps[i].name);
                expect_next_upgrade_works(&service, steps[i].name);
                service_stop(&service);
        }
}

Test(faults, an_operator_who_vanishes_right_after_asking_harms_nothing, .timeout = 60)
{
        struct service service = service_start(PROBE_V1, LONG_MS);
        struct footprint before;

        warm_up(&service);
        before = look(&service);
        operator_ask_and_leave(&service, PROBE_V2);
        service_settle(&service);
        expect_unharmed(&service, &before, "request");
        expect_next_upgrade_works(&service, "request");
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
