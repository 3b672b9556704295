/* SPDX-License-Identifier: MIT */
/*
 * The counter's hops, one a file. A release registers all of them, so that it can take over from
 * any earlier one, not only from the last.
 */
#pragma once

#include <ekiden/ekiden.h>

extern const struct ekiden_hop_table counter_v1_to_v2;
extern const struct ekiden_hop_table counter_v2_to_v3;
