/* SPDX-License-Identifier: MIT */
/*
 * What a server has acknowledged, so that it can be held to it: for each key the version of its
 * value that was acknowledged last. It lies in a mapped file, where the checker, another process,
 * finds it; and where it is found, too, if the load generator was ended.
 *
 * A version grows with each write of a key. An odd one is a deletion. 0: never written.
 *
 * The writes of one key are sent on one connection, so they are done in their order. One whose
 * answer never came, because the connection was lost, may or may not have been done: it is in
 * doubt, until a later write of the key is acknowledged.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define LEDGER_KEYS_MOST (UINT32_C(1) << 27)
#define LEDGER_DOUBTS_MOST (UINT32_C(1) << 20)

struct ledger_entry {
        uint32_t acknowledged, sent; /* versions */
};

struct ledger_doubt {
        uint32_t key, version;
};

struct ledger {
        uint64_t magic;
        uint32_t value_least, value_most; /* bytes of a value */
        uint32_t count; /* keys below it may have been written */
        uint32_t doubt_count;
        struct ledger_doubt doubts[LEDGER_DOUBTS_MOST];
        struct ledger_entry entries[]; /* LEDGER_KEYS_MOST */
};

/** Makes a new ledger in a file, in place of what the file held. */
struct ledger *ledger_new(const char *path, uint32_t value_least, uint32_t value_most);

/** Maps one that exists. */
struct ledger *ledger_open(const char *path);

/** Whether the version is a deletion, or no write at all. */
static inline bool ledger_is_absent(uint32_t version)
{
        return version == 0 || (version & 1);
}

/** A write is about to be sent: its version. */
uint32_t ledger_send(struct ledger *ledger, uint32_t key, bool deletion);

/** The server has acknowledged a write. */
void ledger_acknowledge(struct ledger *ledger, uint32_t key, uint32_t version);

/** The answer to a write will never come. */
void ledger_doubt(struct ledger *ledger, uint32_t key, uint32_t version);

/** Whether a server may have this version of a key (0: no value). */
bool ledger_allows(const struct ledger *ledger, uint32_t key, uint32_t version);
