/* SPDX-License-Identifier: MIT */
/*
 * Which schema this build works with, -DVSFTPD_VERSION says: 1 is upstream's release, 2 what Debian
 * made of it. The records of both are handled by one set of sources, since these names are all in
 * which those differ.
 */
#pragma once

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

int vsf_is_logged_in(void);

/** In a successor, right after ekiden_start(): signals that are caught later do not end it. */
void vsf_calm_signals(void);

/** In a successor, when it serves: from now on vsftpd may end as it likes. */
void vsf_serve(void);

/** In the successor of a session: goes on where the predecessor stopped. Does not return. */
void vsf_resume_session(int argc, const char *argv[]) __attribute__((noreturn));

/** Ends a process that cannot go on, and tells the log why: vsftpd's own ways to end tell the
 * client. */
void vsf_give_up(const char *what, int code) __attribute__((noreturn));
