/* SPDX-License-Identifier: MIT */
/*
 * Items out of a hostile stream, one after the other, by the way that all items take into a program
 * (state/fetch.h): decoded, through a hop, imported. What targets that differ in the program share.
 */
#pragma once

#include "target.h"

#include <ekiden/hop.h>

struct fetched {
        const struct ekiden_schema *schema; /* of the program that takes the items, version 2 */
        const struct ekiden_hop_table *hop;
        size_t (*held)(void); /* what an item that failed must leave as it was; NULL: nothing */
};

/** Fetches all items that are tagged, in the order of tagging, until one fails; then makes the
   check of the first update point. */
void fetched_run(const struct fetched *fetched, const uint8_t *data, size_t size);
