/* SPDX-License-Identifier: MIT */
/*
 * Starting the successor, and making sure that it is gone. The binary is
 * executed by the descriptor that was checked (binary.h). posix_spawn() shares memory until the
 * exec (CLONE_VM | CLONE_VFORK), so its price does not grow with the process.
 *
 * The successor inherits standard input, output and error, the handover's socket, and nothing else:
 * whatever else it should have crosses as an item. A probe (keeper.h) finds the numbers of the way
 * back taken as well, each by the same socket: so it is found out whether it leaves them alone.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <ekiden/error.h>

#include "handover/origin.h"
#include "handover/token.h"

#define EK_HANDOVER_VARIABLE "EKIDEN_HANDOVER"
#define EK_HANDOVER_SOCKET 3 /* its end of the socket pair */
#define EK_HANDOVER_BINARY 4 /* the executable; closed by ekiden_start() */

struct ek_child {
        pid_t pid; /* 0: none */
        pid_t public_pid; /* of who speaks, the child or its daemon (public_pid.h) */
        int pidfd; /* -1 once it is gone */
        int daemon; /* pidfd of the process that speaks, where the child has forked it; or -1 */
};

/** Takes note of the process that speaks on the socket, by the kernel's word. */
void ek_child_speaks(struct ek_child *child, pid_t pid);

/**
 * Starts a successor.
 *
 * @param binary     from ek_binary_open(); borrowed
 * @param path       its path, which becomes argv[0]
 * @param arguments  in place of the saved ones (without argv[0]), NULL-terminated; NULL: the saved
 * @param socket     its end of the socket pair; borrowed
 * @param token      of this handover, for its environment
 * @param is_probe   of an upgrade that keeps the PID
 */
int ek_spawn(const struct ek_origin *origin, int binary, const char *path, char *const arguments[],
             int socket, const struct ek_token *token, bool is_probe, struct ek_child *ret_child,
             struct ekiden_error *error);

#define EK_CHILD_KILL_MS 2000
#define EK_CHILD_WAS_RUNNING "was still running, and was killed"

/** Waits for the end of a process; whether it has come. `pidfd` is borrowed; -1: it has. */
bool ek_process_is_gone(int pidfd, int timeout_ms);

/**
 * Makes sure that the child is gone, by SIGKILL if need be, and reaps it; or leaves that to
 * linger.h, where the kernel takes long to end it.
 *
 * @param grace_ms  how long it may take to leave by itself
 * @param is_large  it may have much memory, which the kernel takes long to free: when it was killed
 *                  it is waited for only until it runs no code any more
 * @param ret_how   "exited with status 3", "was killed by signal 9 (Killed)",
 *                  EK_CHILD_WAS_RUNNING; or "" if unknown
 */
void ek_child_end(struct ek_child *child, int grace_ms, bool is_large, char *ret_how,
                  size_t size_bytes);

/** Kills it, and the process that speaks for it. */
void ek_child_kill(const struct ek_child *child);

/** Whether both are gone, without waiting; then it is reaped, and its descriptors are closed. */
bool ek_child_is_gone(struct ek_child *child);
