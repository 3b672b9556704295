/* SPDX-License-Identifier: MIT */
/*
 * A start from a snapshot: what a successor pulls from its predecessor comes from a file, by the
 * same names, the same chain of transformers and the same checks. Nobody is paused, and nobody
 * serves meanwhile. Descriptors are not in a file: they are -1, and the program opens new ones.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "chain.h"
#include "ekiden/handover.pb-c.h"
#include "state/tagged.h"

enum ek_restore_state {
        EK_RESTORE_NONE = 0, /* no start from a snapshot, or it is over */
        EK_RESTORE_ACTIVE, /* until the first update point */
        EK_RESTORE_FAILED, /* this process has part of its state, and must not serve */
};

enum ek_restore_state ek_restore_state(void);

/**
 * Opens a snapshot that is to be started from. What is in it becomes the program's state, so the
 * file must belong to the process's user or to root, and be writable by nobody else.
 *
 * @param ret_file  open for reading; the caller owns it
 * @return 0; EPERMISSION, EINVAL (no regular file), ESYSTEM
 */
int ek_restore_open(const char *path, int *ret_file, struct ekiden_error *error);

/**
 * Reads a snapshot through, and checks that this binary can take it.
 *
 * @param file  consumed; never changed
 * @return 0; EPROGRAM, EVERSION, ESCHEMA, or as ek_snapshot_open()
 */
int ek_restore_start(int file, const struct ekiden_schema *schema,
                     const struct ek_registry *registry, struct ekiden_error *error);

/** Gives it the descriptors that were kept beside the file, in its order; borrowed until
    ek_restore_end(). Without it all are -1. */
void ek_restore_keep(const int *descriptors, size_t count);

/** What the snapshot says of itself, valid while the state is ACTIVE. */
const Ekiden__Snapshot *ek_restore_header(void);

/** The number of this leg: one more than the last in the snapshot; 1 without one. */
uint32_t ek_restore_leg(void);

/** Fetches an item: EKIDEN_RESUMED, EKIDEN_FRESH, or an error after which the start has failed. */
int ek_restore_fetch(const struct ek_tagged *tagged, struct ekiden_error *error);

/** At the first update point, before ek_restore_end(): whether all that came is complete. 0 or
    EREFUSED. */
int ek_restore_check(struct ekiden_error *error);

/** Closes the file. A start that has failed stays failed. */
void ek_restore_end(void);
