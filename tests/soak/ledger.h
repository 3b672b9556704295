/* SPDX-License-Identifier: MIT */
/*
 * The soak's server, as it and its clients know it: each client writes numbered values under a few
 * keys, and every write that was acknowledged has gone into the client's chain, in its order. So
 * one number tells whether any was lost, doubled or moved.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define LEDGER_KEYS 64
#define LEDGER_LINE 512 /* bytes of a line at most, with its newline */

struct account {
        struct account *next;
        uint32_t client;
        uint64_t count; /* of writes */
        uint64_t chain;
        uint64_t values[LEDGER_KEYS]; /* the last one of each key */
};

struct session {
        struct session *next;
        uint64_t connection_number;
        int connection;
        struct account *account; /* NULL: it has not written yet */
        size_t length; /* of what has come of a line */
        char line[LEDGER_LINE];
};

struct ledger {
        int listener;
        uint64_t writes; /* acknowledged */
        uint64_t bytes; /* received; since version 2 */
        struct account *accounts;
        struct session *sessions;
};

/** The chain with one write more. */
static inline uint64_t ledger_chain(uint64_t chain, uint64_t number, uint64_t key, uint64_t value)
{
        return (chain ^ (number * LEDGER_KEYS + key) ^ value << 17) * UINT64_C(0x9e3779b97f4a7c15) +
               (chain >> 29);
}

/** All values of an account in one number. */
static inline uint64_t ledger_sum(const uint64_t values[LEDGER_KEYS])
{
        uint64_t sum = 0;

        for (size_t key = 0; key < LEDGER_KEYS; key++)
                sum = ledger_chain(sum, key, 0, values[key]);
        return sum;
}
