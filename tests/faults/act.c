/* SPDX-License-Identifier: MIT */
/* See act.h. */
#include "act.h"

#include <stdio.h>
#include <string.h>

#include <ekiden/error.h>

/* Where a fault is waited out, deadlines are short; elsewhere no slow machine may meet one. */
#define SHORT_MS 150
#define LONG_MS 10000
#define SHORT_TIMEOUT "1.5" /* the operator's, seconds */
#define HANG_MS 600
#define LATE_MS 450 /* and shorter than a process that hangs */
#define DELAY_MS 30

#define ARGUMENTS_MAX 8

unsigned int act_deadline_ms(const struct fault_case *c)
{
        return case_is_waited_out(c) ? SHORT_MS : LONG_MS;
}

const char *act_timeout(const struct fault_case *c)
{
        return case_is_waited_out(c) ? SHORT_TIMEOUT : ACT_LONG_TIMEOUT;
}

void act_arm(struct stage *stage, const struct fault_case *c)
{
        struct plan *plan = stage->plan;

        stage->stop_ms = HANG_MS;
        plan->role = c->role;
        plan->place = c->place;
        plan->count = c->count;
        plan->fault = c->fault;
        plan->error = c->error;
        plan->sleep_ms = c->fault == FAULT_DELAYED ? DELAY_MS : HANG_MS;
        plan->late_ms = c->scenario == SCENARIO_LATE ? LATE_MS : 0;
        plan->phase = EKIDEN_PHASE_NONE;
        __atomic_store_n(&plan->is_armed, 1, __ATOMIC_RELEASE);
}

void act_disarm(struct stage *stage)
{
        __atomic_store_n(&stage->plan->is_armed, 0, __ATOMIC_RELEASE);
}

bool act_upgrade(struct stage *stage, const char *const options[], const char *binary,
                 const char *timeout_seconds, struct told *ret_told)
{
        const char *arguments[ARGUMENTS_MAX] = {"--timeout", timeout_seconds};
        size_t count = 2;
        char path[160];

        for (; *options; options++)
                arguments[count++] = *options;
        if (strcmp(arguments[count - 1], SNAPSHOT_NAME) == 0) {
                snprintf(path, sizeof(path), "%s/out/%s", stage->directory, SNAPSHOT_NAME);
                arguments[count - 1] = path;
        }
        arguments[count++] = "subject";
        arguments[count++] = binary;
        return stage_run_tool(stage, arguments, ret_told);
}

void act_raise_counts(const struct stage *stage, uint32_t counts[ROLES][PLACES])
{
        for (int role = 0; role < ROLES; role++)
                for (unsigned int place = 0; place < PLACES; place++)
                        if (stage->plan->counts[role][place] > counts[role][place])
                                counts[role][place] = stage->plan->counts[role][place];
}
