/* SPDX-License-Identifier: MIT */
/* What the entry floor knows of this process: what the program has set, and how it was started. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <ekiden/start.h>

#include "chain.h"
#include "handover/deadlines.h"
#include "handover/origin.h"
#include "handover/predecessor.h"

struct ek_process {
        bool is_started;
        bool is_attending; /* inside an update point or a tag call: callbacks run */
        pid_t served_pid; /* by which others know the service: where a PID is kept, the keeper's is
                             another */
        pid_t public_pid; /* by which others know this process (public_pid.h) */
        pid_t pid; /* of the process that called ekiden_start(); a forked child is another */
        const struct ekiden_schema *schema;
        struct ek_registry registry;
        struct ek_deadlines deadlines;
        struct ek_origin origin;
        struct ek_predecessor_setup setup;
        struct ek_ahead_settings ahead;
        int signal_number; /* 0: none */
        uint64_t serving_since_ns;
        void (*leave)(void *data, pid_t successor);
        void *leave_data;
};

extern struct ek_process ek_process;

/** From now on this process is the one, with its PID, and no child that it forks. */
void ek_process_mark(void);

/** Whether this is it, and no child of it: also where both are process 1 of a namespace. */
bool ek_process_is_this(void);

/** One line to the program's log, if it set one. */
void ek_log(enum ekiden_log_level level, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
