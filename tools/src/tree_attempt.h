/* SPDX-License-Identifier: MIT */
/*
 * An upgrade of one process among several, in a process of the tool's own, so that many can be
 * under way and each waits for nobody but its own. What it would show it reports instead.
 */
#pragma once

#include "show.h"

enum report_kind {
        REPORT_SEEN,
        REPORT_PHASE,
        REPORT_AHEAD,
        REPORT_PROGRESS,
        REPORT_NOTICE, /* with a sentence */
        REPORT_END, /* the last one: the error's code is 0, or why it failed */
};

#define REPORT_SENTENCE_SIZE 512 /* bytes */

struct report {
        enum report_kind kind;
        struct upgrade upgrade; /* upgrade_deinit() */
        struct ekiden_error error;
        char sentence[REPORT_SENTENCE_SIZE];
};

struct tree_attempt {
        pid_t process; /* of the tool; 0: none is under way */
        int channel; /* becomes readable when there is a report */
};

/**
 * Begins. Signals that the tool is sent are for the caller to pass on: see
 * tree_attempt_interrupt(). Where the tool ends, the attempt ends with it, and is called off.
 *
 * @param pid          of the process to upgrade
 * @param ret_attempt  tree_attempt_read() until its end
 * @return 0, ESYSTEM
 */
int tree_attempt_begin(const struct options *options, pid_t pid, struct tree_attempt *ret_attempt,
                       struct ekiden_error *error);

/** The next report; waits for it. Always succeeds: where the attempt breaks off, that is its end.
 *  After the end the attempt is no more. */
void tree_attempt_read(struct tree_attempt *attempt, struct report *ret_report);

/** As if the operator had sent the signal to it. */
void tree_attempt_interrupt(const struct tree_attempt *attempt, int signal_number);
