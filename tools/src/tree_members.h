/* SPDX-License-Identifier: MIT */
/* Which processes are of a tree, and in which order they are upgraded. */
#pragma once

#include "tree.h"

/**
 * Finds the tree that the operator means, and its members. Those that run the new binary already
 * are SKIPPED where he asked for that, the others WAITING.
 *
 * @return 0; ENOTFOUND (no process, or none in the roles that were asked for), EAMBIGUOUS (several
 *         trees), ETIMEOUT (a process does not say which it is of), and as find_processes()
 */
int tree_find_members(struct tree *tree, struct ekiden_error *error);

/**
 * Adds members that were born meanwhile and do not run the new version.
 *
 * @param ret_born  how many
 * @return 0, and as find_processes()
 */
int tree_find_born(struct tree *tree, size_t *ret_born, struct ekiden_error *error);
