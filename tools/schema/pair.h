/* SPDX-License-Identifier: MIT */
/* Two schemas of one program, loaded and compared: what `check` and `diff` have in common. */
#pragma once

#include <json-c/json.h>

#include "compare.h"
#include "options.h"

/**
 * Loads the two schemas of the command line and compares them, from the first to the second. Faults
 * go to stderr.
 *
 * @param may_go_back  the first may be the newer one
 * @return             0 or a status
 */
int pair_compare(const struct options *options, bool may_go_back,
                 struct ek_comparison *ret_comparison);

/** Where a difference stands: in the newer schema if it is there, else in the older. */
const struct ek_place *pair_place(const struct ek_difference *difference);

/** Prints the comparison as a JSON object; `all`: what is the same, too. */
void pair_print_json(const struct ek_comparison *comparison, bool all);
