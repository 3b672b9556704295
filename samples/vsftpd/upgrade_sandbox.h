/* SPDX-License-Identifier: MIT */
/*
 * The sandbox of a session or of its parent, which the successor enters again.
 */
#pragma once

#include <sys/types.h>

struct vsf_session;

/** Notes what a process is confined to, by the kernel's word. @return 0 or EKIDEN_E… */
int vsf_look_at_sandbox(pid_t pid);

/** Gives up all that the process looked at has not got, but for what seccomp takes. @return as
 * above */
int vsf_enter_sandbox(void);

/** Whether the process that was looked at, a parent, is another user than this one. */
int vsf_is_confined(void);

/** Whether a parent is another user than when it was looked at: its client has logged in since. */
int vsf_has_been_confined(pid_t pid);

/** The rest: vsftpd's own filters, those of a session or of a parent who is logged in. */
void vsf_lock_session(struct vsf_session *session);
void vsf_lock_parent(void);
