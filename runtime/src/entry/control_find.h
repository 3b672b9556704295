/* SPDX-License-Identifier: MIT */
/*
 * Control sockets of other processes: which are believed, and connecting to them. The tool does it
 * for an operator, the runtime for a successor that looks for its predecessor itself; both share
 * this file.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <ekiden/error.h>

#include "entry/control_path.h"

/**
 * Opens a directory of control sockets, when it is a directory (no link) that nobody but its owner
 * may enter, and the owner is this user; root trusts any owner.
 *
 * @param ret_owner  of what is found in it
 * @return a descriptor; ENOTFOUND when there is no such directory, EPERMISSION, ESYSTEM
 */
int ek_control_directory_open(const char *path, uid_t *ret_owner, struct ekiden_error *error);

/**
 * Connects: waits a moment where its queue is full.
 *
 * @param path  shorter than EK_CONTROL_PATH_MAX
 * @param ret_socket  the caller's; -1: its queue is full
 * @return 0 or -errno
 */
int ek_control_connect(const char *path, int *ret_socket);

/**
 * Whether a socket is what its name says. The listener must be the directory's owner. Where that is
 * another user, he could put any process's name there: so it must be the process itself, or another
 * process of his (who listens may have forked since).
 *
 * @param socket  from ek_control_connect()
 */
bool ek_control_is_believable(int socket, uid_t owner, pid_t pid);

/** Whether a process is there, and a user's, by what /proc says. */
bool ek_control_is_process_of(pid_t pid, uid_t owner);

/** Why one is not believed: EPERMISSION, which is returned. */
int ek_control_not_believed(const char *path, pid_t pid, struct ekiden_error *error);
