/* SPDX-License-Identifier: MIT */
/* Which tree the operator means, and what he may have meant where there is none. */
#pragma once

#include "tree.h"
#include "tree_listing.h"

/**
 * Decides tree->number.
 *
 * @return 0; ENOTFOUND (no process), EAMBIGUOUS (several trees), ETIMEOUT (a process does not say
 *         which it is of)
 */
int tree_choose(struct tree *tree, const struct tree_listing *listing, struct ekiden_error *error);

/** That nobody in the tree is in the roles that were asked for, and which there are: ENOTFOUND,
 *  which is returned. What to do next goes to tree->failed. */
int tree_no_such_role(struct tree *tree, const struct tree_listing *listing,
                      struct ekiden_error *error);
