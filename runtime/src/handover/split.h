/* SPDX-License-Identifier: MIT */
/*
 * One process becomes two: a keeper, which has everything that the process had, under a new PID;
 * and the process itself, which executes another binary, and so keeps its PID, its children and its
 * parent. The keeper is nobody's child whom the program knows: a waitpid() for any child does not
 * find it.
 *
 * This is a fork: its price grows with the process, by the page tables that are copied.
 */
#pragma once

#include <sys/types.h>

#include <ekiden/error.h>

#include "handover/origin.h"
#include "handover/token.h"

/* What the process itself is to become. All descriptors are borrowed. */
struct ek_split_plan {
        const struct ek_origin *origin;
        int binary; /* from ek_binary_open() */
        char *const *arguments; /* of the new binary, its name first */
        int socket; /* the successor's end of the handover's socket pair */
        struct ek_token token;
        int return_socket; /* the same of the handover back */
        struct ek_token return_token;
        int return_signal; /* by which the keeper calls the new version back; 0: none */
};

/**
 * Splits the process; all signals are blocked, and stay so on both sides. In the one that keeps its
 * PID it does not return: that executes the new binary; where that fails, the old one; and where
 * that fails, it ends.
 *
 * @param ret_pid  the PID that was kept; it is not the caller's any more
 * @return 0, in the keeper; or, in the process as it was: ESYSTEM, ENOMEM
 */
int ek_split(const struct ek_split_plan *plan, pid_t *ret_pid, struct ekiden_error *error);
