/* SPDX-License-Identifier: MIT */
/* What every play is made of: deadlines that fit the fault, the plan, and the operator's command.
 */
#pragma once

#include <stdbool.h>

#include "case.h"
#include "stage.h"

#define ACT_LONG_TIMEOUT "12" /* the operator's, seconds; no slow machine may meet it */
#define SNAPSHOT_NAME "state.ekiden"

/** The subject's deadlines, where this is to strike it. */
unsigned int act_deadline_ms(const struct fault_case *fault_case);

/** The operator's timeout in seconds, as the tool reads it. */
const char *act_timeout(const struct fault_case *fault_case);

/** From now on the fault may strike, or calls are only counted. */
void act_arm(struct stage *stage, const struct fault_case *fault_case);

void act_disarm(struct stage *stage);

/** Raises what places were passed less often than they have been here. */
void act_raise_counts(const struct stage *stage, uint32_t counts[ROLES][PLACES]);

/** Runs the tool for the subject by its name. `options` up to NULL; binary NULL: none. false: it
    could not be started. */
bool act_upgrade(struct stage *stage, const char *const options[], const char *binary,
                 const char *timeout_seconds, struct told *ret_told);
