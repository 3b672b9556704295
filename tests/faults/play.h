/* SPDX-License-Identifier: MIT */
/* Plays one case on a stage of its own, and judges it. */
#pragma once

#include "case.h"
#include "stage.h"

enum verdict { VERDICT_PENDING, VERDICT_PASSED, VERDICT_UNREACHED, VERDICT_FAILED };

struct outcome {
        enum verdict verdict;
        int phase; /* the predecessor's, when the fault struck */
        char why[600]; /* FAILED: what is not as it must be */
};

/* What a successor has in it after an upgrade without a fault. */
struct clean {
        int descriptors;
        size_t heap_bytes;
};

/**
 * An upgrade without a fault.
 *
 * @param counts     how often every place was passed, by role; what it has is raised to that
 * @param ret_clean  written by an upgrade that succeeds
 * @return false: it went wrong; see *ret_why
 */
bool play_census(enum scenario scenario, uint32_t counts[ROLES][PLACES], struct clean *ret_clean,
                 char ret_why[600]);

void play(const struct fault_case *fault_case, const struct clean *clean,
          struct outcome *ret_outcome);
