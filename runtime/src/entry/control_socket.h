/* SPDX-License-Identifier: MIT */
/*
 * The control socket itself: where it is bound, when it is shown, who comes in. What is said on it
 * is in control.c.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <ekiden/error.h>

#include "entry/control_path.h"

/** Opens the socket, hidden for a successor that does not serve yet. 0, EPERMISSION, ESYSTEM,
 * ELIMIT. */
int ek_control_open(bool hidden, struct ekiden_error *error);

/** Shows a hidden socket under its name: between COMMIT and TAKEN, or ahead of a sandbox, and then
    not again. 0; ESYSTEM; ESTATE (the process is in its sandbox already). */
int ek_control_publish(struct ekiden_error *error);

/** In a rehearsal, in place of that: whether it could be shown. The socket is given the name that
    it has, by the same call, so nobody sees anything of it. Where that has worked once, ahead of a
    sandbox, it is not tried again. 0, or as above. */
int ek_control_try(struct ekiden_error *error);

/** Removes its path; those who are connected stay so. Behind ekiden_before_sandbox() the path
   stays, for the next ekiden-upgrade to remove: a filter of system calls may end who tries, before
   he has said that he is succeeded, or while he serves. */
void ek_control_unlink(void);

/** Removes its path, and closes the listener. */
void ek_control_close(void);

/** The path is left to the process that has this one's PID from now on. */
void ek_control_give_away(void);

/** That is gone: the path is removed, and the socket opened under this process's own PID: as
    ek_control_open(). */
int ek_control_reopen(struct ekiden_error *error);

/** Removes sockets beside ours that others have left behind, now and then: in a forked child, which
    would be the next to leave one. */
void ek_control_sweep(void);

/** In a forked child: the socket is the parent's, and stays where it is. */
void ek_control_after_fork(void);

/** The path of a process's socket beside ours: 0, or ELIMIT, ESTATE (ours is removed). */
int ek_control_sibling(pid_t pid, bool hidden, char ret_path[EK_CONTROL_PATH_MAX],
                       struct ekiden_error *error);

/** The next operator's connection, which the caller owns; -1: nobody is there. Does not wait. */
int ek_control_accept(void);
