/* SPDX-License-Identifier: MIT */
/*
 * The store: keys and their entries. What an entry is, each release says in its own entry.h; here
 * is what all have in common. Every change of an entry goes through store_change(), so that there
 * is one place where a change is reported.
 */
#pragma once

#include "hash.h"
#include "table.h"
#include "text.h"

struct entry;

struct store_counts {
        uint64_t hits, misses; /* of keys that were read */
        uint64_t expired; /* entries that were removed for it */
};

struct store {
        struct hash_seed seed;
        struct table table; /* of all */
        struct table large; /* of those whose value lies in the arena */
        uint64_t expiring; /* entries that expire some time */
        uint64_t expire_position; /* of the scan for entries that have expired */
        int64_t now_ms; /* since 1970; as of the event that is attended to */
        struct store_counts *counts;
};

/** An empty store with a seed of its own, which counts into `counts`: false if memory ran out. */
bool store_init(struct store *store, struct store_counts *counts);

/** Sets the time by which entries expire and are used. */
void store_set_time(struct store *store);

/** The entry with this key that has not expired, or NULL. */
struct entry *store_find(struct store *store, struct text key);

/** As store_find(), for a client that reads it: hits and misses are counted, the use is noted. To
    use it is no change: an entry that was sent ahead may have an older use in the new version. */
struct entry *store_read(struct store *store, struct text key);

/** The entry with this key, or a new one without a value; NULL: memory ran out. */
struct entry *store_make(struct store *store, struct text key, bool *ret_is_new);

/* These change an entry's value, as the functions of entry_value.h do that they are named after. */
bool store_set_value(struct store *store, struct entry *entry, struct text value);
bool store_append(struct store *store, struct entry *entry, struct text more);
bool store_set_integer(struct store *store, struct entry *entry, int64_t number);

/**
 * Says that this entry has changed, or will be removed. All that changes one calls it: an upgrade
 * that is under way may have sent the entry ahead.
 */
void store_change(struct store *store, struct entry *entry);

/** Sets when an entry expires, in milliseconds since 1970; 0: never. */
void store_set_expiry(struct store *store, struct entry *entry, int64_t expires_at);

/** Removes an entry and frees it. */
void store_remove(struct store *store, struct entry *entry);

/** Removes all of them. */
void store_clear(struct store *store);

/** How many there are, counting those that have expired and were not removed yet. */
uint64_t store_count(const struct store *store);

/** As table_scan(), without those that have expired. */
uint64_t store_scan(struct store *store, uint64_t position, struct entry **entries, size_t room,
                    size_t *ret_count);

/** Removes entries that have expired, for a millisecond at most. */
void store_expire_some(struct store *store);

/**
 * Takes over an entry that comes with an upgrade, in place of one with the same key.
 * False: memory ran out, and the entry stays the caller's.
 */
bool store_take(struct store *store, struct entry *entry);

/** The entry with this key, whether it has expired or not, or NULL. */
struct entry *store_look(const struct store *store, struct text key);

/** Takes an entry out again, without freeing it. */
void store_give_back(struct store *store, struct entry *entry);

/** Says that this entry will soon be taken over. */
void store_prefetch(const struct store *store, const struct entry *entry);
