/* SPDX-License-Identifier: MIT */
/*
 * A successor that another process of the tree starts by a fork, since the process that is to be
 * upgraded cannot, and the program's roles say who does (docs/sandboxes.md). The tool stands
 * between the two: it gives each its end of the handover's socket pair.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <ekiden/error.h>

#include "ekiden/control.pb-c.h"
#include "find.h"
#include "handover/spawn.h"
#include "handover_pair.h"
#include "upgrade.h"

struct spawn_by {
        bool is_needed;
        char role[EKIDEN_NAME_MAX + 1]; /* of the process that is to be upgraded */
        pid_t predecessor; /* that process */
        struct process spawner; /* link NULL: it was not asked yet, or has answered */
        uint64_t until_ns; /* until then answers are waited for */
        char next_step[NEXT_STEP_SIZE]; /* after a failure, where more is known than its error */
        struct ekiden_error refusal; /* why it has started nothing, by its word */
        struct ek_child child; /* what it has started, as its `daemon`, since it is none of ours */
};

#define SPAWN_BY_NONE ((struct spawn_by){.child = {.pidfd = -1, .daemon = -1}})

/**
 * Finds who starts the successor, and whether that runs the new version already: what it forks is
 * what it runs itself.
 *
 * @param predecessor  has said that it needs one
 * @param binary       absolute path of the new version
 * @param until_ns     when --timeout has passed, by ek_now_ns(); UINT64_MAX: none was given
 * @return 0; ENOTFOUND (nobody of that role is in its tree), EBINARY (it is not there), EREFUSED
 *         (that process does not run the new version), ETIMEOUT and EPEER (the
 *         predecessor does not say what it is, or has no room for this tool, for 2 s; one that may
 *         be wanted, for 10 s), and as find_processes()
 */
int spawn_by_find(struct spawn_by *by, const struct process *predecessor, const char *binary,
                  uint64_t until_ns, struct ekiden_error *error);

/** Asks it for the successor. The successor's end of the pair is given away. As
 *  request_upgrade(). */
int spawn_by_ask(struct spawn_by *by, struct handover_pair *pair, struct ekiden_error *error);

/** Its connection while an answer is waited for, borrowed; or -1. */
int spawn_by_socket(const struct spawn_by *by);

/** Takes its answer, if that is there: 0, or why there is no successor. */
int spawn_by_step(struct spawn_by *by, struct ekiden_error *error);

/** The predecessor sees no more of a successor that was not started than that its end of the pair
   is closed: why, the other process has said, or is about to. */
void spawn_by_explain(struct spawn_by *by, struct ekiden_error *error);

/** Makes sure that what it has started is gone; by SIGKILL, if it does not leave in time. */
void spawn_by_end(struct spawn_by *by, int grace_ms);

/** Frees what is left; what was started is left alone. */
void spawn_by_deinit(struct spawn_by *by);
