/* SPDX-License-Identifier: MIT */
/*
 * A successor that the tool starts, for a process that cannot execute it (docs/sandboxes.md). It is
 * started as the tool itself was: the same working directory, environment, standard streams and
 * rights, but in a session of its own. So it outlives the operator's terminal, and Ctrl-C calls an
 * upgrade off without hitting what has just begun to serve.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <ekiden/error.h>

#include "handover/spawn.h"
#include "handover_pair.h"
#include "offspring.h"
#include "wire/link.h"

struct spawn_here {
        int binary; /* that was checked; -1: none */
        struct ek_child child; /* pid 0: it was not started */
        struct offspring orphan; /* that it may leave */
};

#define SPAWN_HERE_NONE                               \
        ((struct spawn_here){                         \
                .binary = -1,                         \
                .child = {.pidfd = -1, .daemon = -1}, \
        })

/** Notes how the tool was started; main() calls it before anything else. */
void spawn_here_remember(void);

/**
 * Checks the binary, before anything is asked.
 *
 * @param path  absolute
 * @return 0, EBINARY, EPERMISSION, ESYSTEM; the phase is CHECK
 */
int spawn_here_check(struct spawn_here *here, const char *path, struct ekiden_error *error);

/**
 * What the process at the other end will say of its arguments is believed only if it is not another
 * user's; otherwise the operator must give them. This is called before anything is asked, so that
 * the kernel says of all that comes who has sent it. Whoever was another user when he began to
 * listen is refused here already.
 *
 * @return 0, EPERMISSION, ESYSTEM
 */
int spawn_here_identify(struct ek_link *link, struct ekiden_error *error);

/**
 * When it has said them: whether they may be believed. It may have begun to listen as root, and
 * have become somebody else since.
 *
 * @return 0, EPERMISSION
 */
int spawn_here_judge(const struct ek_link *link, struct ekiden_error *error);

/* What is started. */
struct spawn_here_order {
        const char *path; /* of the binary, which becomes argv[0] */
        char *const *arguments; /* without argv[0] */
        size_t argument_count;
        bool spares_output; /* its standard output is the tool's standard error: the tool's own is
                               read by a program */
};

/**
 * Starts the successor. Its end of the pair is closed here, so that the process hears of its death.
 *
 * @return as ek_spawn()
 */
int spawn_here_start(struct spawn_here *here, const struct spawn_here_order *order,
                     struct handover_pair *pair, struct ekiden_error *error);

/**
 * Makes sure that it is gone, where it was started, and where it does not serve: by SIGKILL if it
 * does not leave by itself in time.
 *
 * @param error  of the upgrade: where the process can say no more than that the new one is gone, it
 *               says then how that ended; NULL: none
 */
void spawn_here_end(struct spawn_here *here, int grace_ms, struct ekiden_error *error);

/** It serves, or may: it is left alone. Frees what is left. */
void spawn_here_deinit(struct spawn_here *here);
