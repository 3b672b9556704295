/* SPDX-License-Identifier: MIT */
/*
 * EKIDEN_PREDECESSOR may say in which role the predecessor is, behind a colon: "ftp:main" chooses
 * the listener among the sessions that it has forked, and "4711:session" takes that process as a
 * session and as nothing else. A process in a sandbox may have been broken into, and say of itself
 * what it likes; a successor with all rights does not act on it.
 */
#pragma once

#include <stdint.h>

#include <ekiden/error.h>

/** Cuts the role off, and remembers it for this process. 0; EINVAL: it is empty or too long. */
int ek_predecessor_role_split(char *value, struct ekiden_error *error);

/** What was cut off; "": none was named. */
const char *ek_predecessor_role_wanted(void);

/** Whether a predecessor in `role` (NULL, "": it is of old, and says none) is meant: 0; EREFUSED.
 */
int ek_predecessor_role_check(const char *role, struct ekiden_error *error);

/**
 * Asks a process whether it is in that role.
 *
 * @param socket    connected with it; consumed
 * @param until_ns  it is waited for, on CLOCK_MONOTONIC
 * @return 1: it is; 0: it is not; or an error: it does not say
 */
int ek_predecessor_role_ask(int socket, uint64_t until_ns);
