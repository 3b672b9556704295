/* SPDX-License-Identifier: MIT */
/*
 * What the matrix and the processes that it upgrades share: which call suffers what, and what came
 * of it. The memory is a file that EKIDEN_FAULTS_PLAN names; without it nothing is injected.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "calls.h"

#define PLAN_VARIABLE "EKIDEN_FAULTS_PLAN"
#define PLAN_TOOL_VARIABLE "EKIDEN_FAULTS_TOOL" /* set: the process is the operator's tool */
#define PLAN_CHILD_VARIABLE "EKIDEN_FAULTS_CHILD" /* set: it is a successor of the child */
#define PLAN_FOUND_VARIABLE "EKIDEN_FAULTS_FOUND" /* set: it is to find its predecessor */
#define PLAN_FOUND_NOBODY "nobody is found" /* what it says then */
#define PLAN_FORKED_VARIABLE "EKIDEN_FAULTS_FORKED" /* set: a child is in ekiden_after_fork() */
#define PLAN_FORKED_REFUSED '!' /* what it writes when that has failed */
#define PLAN_CHILD_ROLE "child" /* the child's, in the subject */

/* Returned is the old binary, which takes back its state where a PID is kept. Of a tree,
   predecessor and successor are those of its main process, and the child has its own. */
enum plan_role {
        ROLE_PREDECESSOR,
        ROLE_SUCCESSOR,
        ROLE_TOOL,
        ROLE_RETURNED,
        ROLE_CHILD,
        ROLE_CHILD_SUCCESSOR,
        ROLE_FORKED, /* the child, until it is in its role */
        ROLES,
};

enum plan_fault {
        FAULT_NONE, /* only count */
        FAULT_FAIL, /* with `error` */
        FAULT_EINTR,
        FAULT_SHORT,
        FAULT_HANG, /* for `sleep_ms`, then it goes on */
        FAULT_KILL, /* SIGKILL to itself, before the call */
        FAULT_STOP, /* SIGSTOP to itself, before the call */
        /* Of frames: */
        FAULT_LOST,
        FAULT_DELAYED, /* by `sleep_ms` */
        FAULT_CUT, /* its first half is sent, and the socket shut down */
        FAULT_FLIPPED, /* one bit of it */
        FAULT_FORGED, /* one bit of it, and its checksum is right all the same */
        FAULTS,
};

/* A frame counts as a call, too: FRAME_FIRST and its kind. */
#define FRAME_FIRST CALLS
#define FRAME_KINDS 80
#define PLACES (CALLS + FRAME_KINDS)

struct plan {
        /* The matrix writes: */
        int is_armed;
        enum plan_role role;
        unsigned int place, count; /* the count-th time, from 1 */
        enum plan_fault fault;
        int error;
        unsigned int sleep_ms;
        unsigned int late_ms; /* by which TAKEN is late, beside the fault; 0: it is not */

        /* The processes write: */
        int phase; /* that the predecessor is in */
        int is_committed, is_taken; /* COMMIT, TAKEN: the socket has all of it */
        int is_returned; /* TAKEN of who has returned */
        int is_child_committed, is_child_taken; /* the same of the child's upgrade */
        int has_struck;
        int struck_phase;
        pid_t struck_pid;
        int was_taken, was_returned, was_child_taken; /* when it struck */
        uint32_t counts[ROLES][PLACES];
};
