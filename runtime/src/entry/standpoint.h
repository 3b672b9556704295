/* SPDX-License-Identifier: MIT */
/*
 * Where this process stood in the file system, and as whom, when it opened its control socket. One
 * that has gone into its sandbox since cannot show that socket: it is told so, since the system's
 * own word, that there is no such directory, is true only in the sandbox.
 */
#pragma once

#include <ekiden/error.h>

/** Notes the root directory and the user. */
void ek_standpoint_note(void);

/**
 * The error for what failed with `system_errno`.
 *
 * @param what  failed: "cannot open /dev/null"
 * @return ESTATE if the process has left its root directory or its user, and so calls
 *         ekiden_before_sandbox() too late or never; else ESYSTEM
 */
int ek_standpoint_failed(struct ekiden_error *error, int system_errno, const char *what);
