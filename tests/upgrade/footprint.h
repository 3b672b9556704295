/* SPDX-License-Identifier: MIT */
/* What a fault may not change in a service, and the steps at which one may come. */
#pragma once

#include <ekiden/error.h>

#include "service.h"

#define SHORT_MS 150
#define LONG_MS 8000

struct step {
        const char *name;
        int earliest, latest; /* phases in which the predecessor may meet the fault */
};

#define STEP_COUNT 6

/* At request there is no successor yet, and at serve there is no predecessor any more. */
extern const struct step steps[STEP_COUNT];

/* What must be the same after a fault as it was before. */
struct footprint {
        struct answer answer;
        size_t sockets;
};

struct footprint footprint_look(struct service *service);

/** The same process serves with the same state, and has nothing more than it had. */
void footprint_expect(struct service *service, const struct footprint *before, const char *step);

/** An upgrade to PROBE_V2 succeeds, and the state is there. */
void service_expect_next_upgrade(struct service *service, const char *step);

/** One fault first that is not measured: what is made once and kept is made then. */
void service_warm_up(struct service *service);

/** Sets the deadlines of the phases in which a fault may show, and of no other: a slow machine has
 *  time for those. */
void service_set_deadlines(struct service *service, const struct step *step,
                           unsigned int timeout_ms);
