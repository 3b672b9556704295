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
        char told[320]; /* the error that the operator was told, or "" */
};

/* What there is after a scenario without a fault. */
struct clean {
        int descriptors; /* of who serves */
        size_t heap_bytes;
        long snapshot_bytes; /* -1: there is none */
        int child_descriptors;
        size_t child_heap_bytes;
};

/**
 * A scenario without a fault.
 *
 * @param counts     how often every place was passed, by role; what it has is raised to that
 * @return false: it went wrong; see *ret_why
 */
bool play_census(enum scenario scenario, uint32_t counts[ROLES][PLACES], struct clean *ret_clean,
                 char ret_why[600]);

/** `clean` has one for each scenario. */
void play(const struct fault_case *fault_case, const struct clean clean[SCENARIOS],
          struct outcome *ret_outcome);
