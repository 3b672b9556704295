/* SPDX-License-Identifier: MIT */
/* One pass over a tree: upgrades of all members that wait. */
#pragma once

#include "tree.h"

/** Begins them in order and follows them to their ends; when tree->stops is set, no more begin. */
void tree_pass(struct tree *tree);
