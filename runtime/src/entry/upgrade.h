/* SPDX-License-Identifier: MIT */
/*
 * An upgrade as this process and its operator see it: begun, told of as it goes, failed or
 * committed. The work itself is the handover floor's.
 */
#pragma once

#include <limits.h>

#include "entry/event.h"
#include "handover/predecessor.h"

/**
 * Begins an upgrade.
 *
 * @param operator_  who waits for it, told of it until the end; NULL: nobody
 * @return 0; or an error, which the operator and the log have been told
 */
int ek_upgrade_begin(struct ek_upgrade_request *request, struct ek_operator *operator_);

/** Begins one that nobody waits for, to the binary given at start: of a plain update signal. */
void ek_upgrade_begin_unasked(void);

/* Of the upgrade that is under way. */
struct ek_upgrade_origin {
        uint64_t since_ns; /* when it began (ek_now_ns()) */
        char binary[PATH_MAX]; /* what is longer is cut */
        bool has_asker; /* an operator; or else a signal, which nobody can be told by */
        uid_t user; /* his, by the kernel's word */
        pid_t pid;
};

/** Where it comes from; of an upgrade that is over, what was said of it last. */
const struct ek_upgrade_origin *ek_upgrade_origin(void);

/** Who waits for the upgrade under way or just ended, or NULL. */
struct ek_operator *ek_upgrade_operator(void);

/** The operator is being released. */
void ek_upgrade_forget(const struct ek_operator *operator_);

/** A successor that was killed could not remove its control socket, hidden or just shown. */
void ek_upgrade_child_ended(void *data, pid_t pid);

/** Whether this process is a keeper that serves on, and the program's threads are not in it. */
bool ek_upgrade_has_lost_threads(void);

/** In a forked child: what became of its parent's threads and upgrades is no affair of its own. */
void ek_upgrade_after_fork(void);

/** Tells log and operator that it was called off, that the rehearsal went well, or that the
    successor serves. */
void ek_upgrade_failed(const struct ekiden_error *error);
void ek_upgrade_rehearsed(void);
void ek_upgrade_committed(void);
