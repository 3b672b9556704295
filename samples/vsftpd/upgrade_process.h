/* SPDX-License-Identifier: MIT */
/*
 * What the files of this sample share of processes.
 */
#pragma once

/** The process keeps its PID when it is upgraded; before ekiden_start(), or in a role. */
void vsf_keep_pid(void);

/** @return 0: the forked process can be upgraded from now on */
int vsf_after_fork(const char *role);

/** Tags the session, unless that was done when its process was forked. */
void vsf_begin_session(void);
