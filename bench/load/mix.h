/* SPDX-License-Identifier: MIT */
/*
 * What is asked: reads, writes, writes of new keys and deletions in given shares, of keys that are
 * drawn at random. Each connection has keys of its own, every n-th where n is their number, so that
 * all that is asked of one key is asked and answered in order.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ledger.h"
#include "operations.h"

struct mix {
        double writes; /* share of all, 0 to 1; the rest is read */
        double new_keys, deletions; /* shares of the writes */
        uint32_t connections;
        uint32_t keys_most; /* no new key from here on */
        uint64_t random;
};

/* The keys of one connection. */
struct key_range {
        uint32_t first; /* and every `connections`-th from there */
        uint32_t count; /* that were written, at most */
};

/** The keys that the connection with this number has in the ledger. */
struct key_range mix_range(const struct mix *mix, const struct ledger *ledger, uint32_t connection);

/** Whether the range can have no new key any more. */
bool mix_is_full(const struct mix *mix, const struct key_range *range);

/** Decides what an operation is, and enters a write in the ledger as sent. */
void mix_draw(struct mix *mix, struct key_range *range, struct ledger *ledger,
              struct operation *operation);
