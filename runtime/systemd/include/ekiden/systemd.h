/* SPDX-License-Identifier: MIT */
/*
 * For services of systemd, in a library of its own (pkg-config ekiden-systemd), so that nobody else
 * loads libsystemd. See sd_notify(3), and docs/systemd.md for units.
 */
#pragma once

#include <ekiden/error.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/**
 * Attaches the process to its service manager. Call it before ekiden_start(). If the manager's
 * store holds a snapshot, ekiden_start() starts from that, with the descriptors that were stored
 * beside it; they are taken out of the store at the first update point. And where the manager asked
 * to be told (NOTIFY_SOCKET), it is told
 *
 *     READY=1      at the first update point of a process that no predecessor started, and when an
 *                  upgrade was called off
 *     RELOADING=1  when an upgrade is asked for
 *     MAINPID=     and READY=1, when the successor serves: by the process that leaves, which the
 *                  manager knows (NotifyAccess=main suffices); it waits up to a second for the
 *                  manager to have read it. Where the PID is kept, the successor says READY=1 alone
 *     STATUS=      in words
 *
 * Only a process of role "main" tells, and no child that it forks.
 *
 * It uses ekiden_set_observer().
 *
 * @return 0; ESTATE (after ekiden_start()), ENOMEM, ESYSTEM (the descriptors that were passed
 * cannot be looked at)
 */
int ekiden_systemd_attach(void);

/**
 * Puts the state into the manager's store: a snapshot in a memfd, and every descriptor that is in
 * it (FDSTORE=1; the unit needs FileDescriptorStoreMax=). Call it where the service would end, at
 * an update point's place; the next start takes all of it up. What clients send meanwhile waits in
 * the kernel.
 *
 * @param error  filled on failure; NULL allowed
 * @return 0; ESTATE (there is no manager, and as ekiden_save_snapshot()), ESYSTEM (it could not be
 *         told, or did not read it within five seconds), and the others of ekiden_save_snapshot()
 */
int ekiden_systemd_store(struct ekiden_error *error);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
