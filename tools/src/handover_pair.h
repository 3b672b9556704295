/* SPDX-License-Identifier: MIT */
/*
 * The socket pair of a handover, and its token, where the predecessor cannot start the successor
 * and so makes neither. Its end goes to it with the request; the other is for whoever starts the
 * successor.
 */
#pragma once

#include <ekiden/error.h>

#include "handover/token.h"

struct handover_pair {
        int predecessors, successors; /* the two ends; -1: given away, or none was made */
        struct ek_token token;
};

#define HANDOVER_PAIR_NONE ((struct handover_pair){.predecessors = -1, .successors = -1})

/** Makes one; handover_pair_deinit(). 0 or ESYSTEM. */
int handover_pair_make(struct handover_pair *ret_pair, struct ekiden_error *error);

/** Closes what was not given away. */
void handover_pair_deinit(struct handover_pair *pair);
