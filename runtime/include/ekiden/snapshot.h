/* SPDX-License-Identifier: MIT */
/*
 * Snapshots that a program writes itself, and starts from with its descriptors: where there is
 * somebody who keeps descriptors while no process of the service runs (<ekiden/systemd.h> uses
 * them for the service manager's store), or where a program executes its next version in its own
 * place. For all else there are `ekiden-upgrade --snapshot` and ekiden_set_snapshot().
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <ekiden/start.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/**
 * Writes all that is tagged into a file, as `ekiden-upgrade --snapshot` does. The state must be
 * consistent, as at an update point; nothing of it is changed.
 *
 * @param file   borrowed: an empty regular file or memfd, open for writing
 * @param keep   called for each descriptor of the state, when all is written, in the order in which
 *               ekiden_set_snapshot_file() wants them: `number` counts from 0, `descriptor` is
 *               borrowed. What it returns if negative ends the call. NULL: none is kept
 * @param data   passed to it
 * @param error  filled on failure; NULL allowed
 * @return 0; ESTATE (before ekiden_start(), before the first update point in a process that has not
 * begun afresh, from a callback, while an upgrade is under way), EINVAL (no such file), EREFUSED
 * (an export did), ELIMIT, ESYSTEM, ENOMEM; or what `keep` returned
 */
int ekiden_save_snapshot(int file, int (*keep)(void *data, int descriptor, uint64_t number),
                         void *data, struct ekiden_error *error);

/**
 * Chooses an open snapshot to start from, and the descriptors that were kept beside it. As
 * ekiden_set_snapshot() otherwise; of both calls the last one counts.
 *
 * @param file         consumed, on success: by ekiden_start(), whatever that returns
 * @param descriptors  copied, and consumed as `file` is: the program gets duplicates of those that
 *                     it asks for. -1 for one that was not kept
 * @param count        of descriptors
 * @return 0; EINVAL (no file), ENOMEM, ESTATE (after ekiden_start())
 */
int ekiden_set_snapshot_file(int file, const int *descriptors, size_t count);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
