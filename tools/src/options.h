/* SPDX-License-Identifier: MIT */
/* What the operator asked for. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum action {
        ACTION_UPGRADE,
        ACTION_STATUS,
        ACTION_LIST,
        ACTION_WAIT,
        ACTION_CANCEL,
        ACTION_SNAPSHOT,
};

struct options {
        enum action action;
        const char *target; /* a program's name or a PID; NULL for ACTION_LIST */
        const char *binary; /* as it was given; NULL unless ACTION_UPGRADE */
        const char *snapshot; /* of ACTION_SNAPSHOT: the file */
        char **arguments; /* those after "--", borrowed from argv */
        size_t argument_count;
        bool replace_arguments; /* there was a "--" */
        uint32_t timeout_ms; /* 0: not given */
        bool keep_pid; /* of ACTION_UPGRADE: the new version runs under the old one's PID */
        bool spawn_here; /* of ACTION_UPGRADE: the tool starts it, not the process */
        uint32_t max_pause_us; /* of ACTION_UPGRADE; 0: not given */
        uint32_t watch_ms; /* of ACTION_STATUS; 0: not given */
        bool wait; /* of ACTION_UPGRADE: for one that is under way to end first */
        bool rehearse; /* the upgrade ends before the commit */
        bool verify; /* the new version compares what it has with what it was given */
        uint32_t times; /* how many rehearsals, one after the other; 1 if not given */
        bool tree; /* not one process: all that were forked from one another */
        const char **roles; /* of a tree: only these; borrowed from argv */
        size_t role_count; /* 0: all */
        bool keep_going; /* of a tree: after a failure */
        bool skip_same; /* of a tree: processes that run the new binary already */
        uint32_t parallel; /* of a tree: how many at once; 1 if not given */
        bool json, quiet;
};

/** Reads the command line. Prints, and exits with 64, when it cannot be understood; --help and
 *  --version print and exit with 0. */
void options_parse(int argc, char **argv, struct options *ret_options);
