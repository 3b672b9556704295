/* SPDX-License-Identifier: MIT */
/* Each thing that ekiden-inspect does. Returns the exit status. */
#pragma once

#include "output.h"

/** Lists the items, and tells what the snapshot is of. */
int command_list(struct output *output);

/** Prints the records of one item. */
int command_show(struct output *output);

/** Prints what is in one snapshot and not in the other: 1 when they differ. */
int command_diff(struct output *output);

/** Tells whether a binary could take the snapshot over. */
int command_rehearse(struct output *output);
