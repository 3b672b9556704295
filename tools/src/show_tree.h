/* SPDX-License-Identifier: MIT */
/* What the parts of showing a tree's upgrade to people have in common. */
#pragma once

#include "tree.h"

/** A member's role, fit to be printed; "?" where it is not known. */
const char *show_tree_role(const struct tree *tree, const struct member *member,
                           char ret_role[EKIDEN_NAME_MAX + 1]);

/** Prints on standard error that not all were upgraded: which, why, and what to do next. */
void show_tree_failure(const struct tree *tree);
