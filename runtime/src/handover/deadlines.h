/* SPDX-License-Identifier: MIT */
/* How long each phase may last; see ekiden_set_deadline() for what each means. */
#pragma once

#include <ekiden/error.h>

#define EK_DEADLINE_MAX_MS 86400000u /* a day */

struct ek_deadlines {
        unsigned int ms[EKIDEN_PHASE_SERVE + 1]; /* by phase; 0 where a phase has none */
};

#define EK_DEADLINES_DEFAULT                                                           \
        {                                                                              \
                .ms = {                                                                \
                        [EKIDEN_PHASE_CHECK] = 5000,  [EKIDEN_PHASE_WARM] = 60000,     \
                        [EKIDEN_PHASE_PAUSE] = 60000, [EKIDEN_PHASE_TRANSFER] = 10000, \
                        [EKIDEN_PHASE_READY] = 30000, [EKIDEN_PHASE_COMMIT] = 5000,    \
                },                                                                     \
        }
