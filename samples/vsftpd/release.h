/* SPDX-License-Identifier: MIT */
/*
 * Which schema this build works with, -DVSFTPD_VERSION says: 1 is upstream's release, 2 what Debian
 * made of it. The records of both are handled by one set of sources, since these names are all in
 * which those differ.
 */
#pragma once

#include <sys/types.h>

#if VSFTPD_VERSION == 1
#include "vsftpd_v1.native.h"
#define VSFTPD(name) vsftpd_v1_##name
#define VSFTPD_RECORD(name) Vsftpd__V1__##name
#define VSFTPD_SCHEMA vsftpd_v1
#else
#include "vsftpd_v2.native.h"
#define VSFTPD(name) vsftpd_v2_##name
#define VSFTPD_RECORD(name) Vsftpd__V2__##name
#define VSFTPD_SCHEMA vsftpd_v2
#endif

/** Tags the settings. In a successor they replace what the configuration said. */
int vsf_tag_settings(void);

/**
 * Tags what a session has, and in a successor makes it what it was.
 *
 * @return as ekiden_tag_…() do
 */
int vsf_tag_session(struct vsf_session *session);

/** Makes this process, which may have been forked since it began, the listener. @return 0 or
 * EKIDEN_E… */
int vsf_enter_listener(void);

/** In a session, or its parent, that is about to enter its sandbox. What it forks later would be in
 * that as well, so a parent waits with it until the login. */
void vsf_prepare_for_sandbox(void);

/** Whether this process is one of those that are upgraded. */
int vsf_is_upgraded(void);

int vsf_is_logged_in(void);

/** Whether the child that a parent talks to is its own, and not one that took over from that. */
int vsf_has_own_child(void);

/** Lets the listener start the successors of sessions and parents. */
void vsf_set_spawn(void);

/** Of the listener: `pid` was forked to take over from `predecessor`. */
void vsf_note_successor(unsigned int predecessor, unsigned int pid);

/** Closes the listener's socket, in a child. */
void vsf_close_listener(void);

/** Whether this process, or the listener that it was forked by, has a place for its title. */
int vsf_has_title(void);

/** In a child of the listener: it becomes the successor of that process. Does not return. */
void vsf_succeed(pid_t predecessor) __attribute__((noreturn));

/** In a successor: signals that are caught later do not end it. */
void vsf_calm_signals(void);

/** In a successor, when it serves: from now on vsftpd may end as it likes. */
void vsf_serve(void);

/** In the successor of a session: goes on where the predecessor stopped. Does not return. */
void vsf_resume_session(int argc, const char *argv[]) __attribute__((noreturn));

/** Ends a process that cannot go on, and tells the log why: vsftpd's own ways to end tell the
 * client. */
void vsf_give_up(const char *what, int code) __attribute__((noreturn));
