/* SPDX-License-Identifier: MIT */
/* Plays cases of a tree: a subject with a child in a role of its own, upgraded by its program's
 * name. */
#pragma once

#include "play.h"

/** As play_census(). */
bool play_tree_census(uint32_t counts[ROLES][PLACES], struct clean *ret_clean, char ret_why[600]);

/** As play(); `clean` is the tree's. */
void play_tree(const struct fault_case *fault_case, const struct clean *clean,
               struct outcome *ret_outcome);
