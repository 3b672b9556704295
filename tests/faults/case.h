/* SPDX-License-Identifier: MIT */
/* A case of the matrix: where which fault strikes, in which kind of upgrade. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "plan.h"

/* What is upgraded to what, and what comes of it without a fault. */
enum scenario {
        SCENARIO_GOOD, /* the successor serves */
        SCENARIO_REFUSED, /* the new binary ends when it has all: a fault in the calling off */
        SCENARIO_LATE, /* TAKEN comes when the predecessor has just given up */
        SCENARIO_REHEARSED,
        SCENARIO_VERIFIED, /* an upgrade to the same version, verified */
        SCENARIO_SNAPSHOT, /* no upgrade at all */
        SCENARIO_KEPT, /* as SCENARIO_GOOD, under the same PID */
        SCENARIO_RETURNED, /* as SCENARIO_REFUSED: the old binary takes back its state */
        SCENARIO_HERE, /* as SCENARIO_GOOD, by a successor that the tool starts */
        SCENARIO_FOUND, /* as SCENARIO_GOOD, by a successor that finds its predecessor: no tool */
        SCENARIO_TREE, /* as SCENARIO_GOOD, of two processes: the child first, then its parent */
        SCENARIO_FORKED, /* as SCENARIO_TREE, and what struck the child did so when it was forked */
        SCENARIOS,
};

struct fault_case {
        enum scenario scenario;
        enum plan_role role;
        unsigned int place, count;
        enum plan_fault fault;
        int error;
};

#define CASE_NAME_MAX 96

/** Whether the predecessor serves on where nothing fails. */
static inline bool scenario_serves_on(enum scenario scenario)
{
        return scenario != SCENARIO_GOOD && scenario != SCENARIO_VERIFIED &&
               scenario != SCENARIO_KEPT && scenario != SCENARIO_HERE &&
               scenario != SCENARIO_FOUND && scenario != SCENARIO_TREE &&
               scenario != SCENARIO_FORKED;
}

/** Whether the PID is kept, so that it does not tell the versions apart. */
static inline bool scenario_keeps_pid(enum scenario scenario)
{
        return scenario == SCENARIO_KEPT || scenario == SCENARIO_RETURNED;
}

/** Whether it takes until a deadline: then that is a short one. */
bool case_is_waited_out(const struct fault_case *fault_case);

/** "SCENARIO:ROLE:CALL:COUNT:FAULT", such as "good:successor:recvmsg:3:eintr". */
void case_name(const struct fault_case *fault_case, char ret_name[CASE_NAME_MAX]);

/** The other way; false: it is no such name. */
bool case_parse(const char *name, struct fault_case *ret_case);

/**
 * All cases, by what was counted in upgrades without a fault.
 *
 * @param counts  [SCENARIOS][ROLES][PLACES]
 * @return how many; *ret_cases is the caller's to free
 */
size_t case_list(uint32_t counts[SCENARIOS][ROLES][PLACES], struct fault_case **ret_cases);

extern const char *const scenario_names[SCENARIOS];
extern const char *const role_names[ROLES];
extern const char *const fault_names[FAULTS];
