/* SPDX-License-Identifier: MIT */
/* See footprint.h. */
#include "footprint.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "operator.h"

const struct step steps[STEP_COUNT] = {
        {"check", EKIDEN_PHASE_CHECK, EKIDEN_PHASE_CHECK},
        {"warm", EKIDEN_PHASE_WARM, EKIDEN_PHASE_WARM},
        {"pause", EKIDEN_PHASE_PAUSE, EKIDEN_PHASE_TRANSFER},
        {"transfer", EKIDEN_PHASE_TRANSFER, EKIDEN_PHASE_TRANSFER},
        {"ready", EKIDEN_PHASE_TRANSFER, EKIDEN_PHASE_TRANSFER},
        {"commit", EKIDEN_PHASE_COMMIT, EKIDEN_PHASE_COMMIT},
};

struct footprint footprint_look(struct service *service)
{
        struct footprint footprint = {.answer = service_ask(service)};

        footprint.sockets = count_sockets(service);
        return footprint;
}

void footprint_expect(struct service *service, const struct footprint *before, const char *step)
{
        struct footprint after = footprint_look(service);

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

void service_expect_next_upgrade(struct service *service, const char *step)
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

void service_warm_up(struct service *service)
{
        operator_upgrade(service, PUPPET, "commit", "kill", 0);
        operator_upgrade(service, PUPPET, "commit", "kill", 0);
}

/* A transfer ends by the deadline for the next request, which is that of READY. */
void service_set_deadlines(struct service *service, const struct step *step,
                           unsigned int timeout_ms)
{
        int latest = step->latest == EKIDEN_PHASE_TRANSFER ? EKIDEN_PHASE_READY : step->latest;

        for (int phase = step->earliest; phase <= latest; phase++) {
                char command[32];

                snprintf(command, sizeof(command), "deadline %d %u", phase, timeout_ms);
                service_tell(service, command);
        }
}
