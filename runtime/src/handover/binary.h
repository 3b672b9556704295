/* SPDX-License-Identifier: MIT */
/*
 * The new binary, found and checked before anything else: what will run in the program's place with
 * the program's rights must be nobody's to change but its user's and root's.
 */
#pragma once

#include <ekiden/error.h>

/**
 * Opens and checks a binary. Directories are opened first and names looked up in them, symbolic
 * links followed one by one, so that each directory that was checked is the one that was used.
 *
 * @param ret_fd  the caller's: of the file (O_PATH), to be executed by it
 * @return 0; EBINARY (it is not there, no regular file, not executable); EPERMISSION (it, or a
 *         directory in which it or a link to it lies, belongs to somebody else than the process's
 *         effective user and root, or others may write to it)
 */
int ek_binary_open(const char *path, int *ret_fd, struct ekiden_error *error);
