/* SPDX-License-Identifier: MIT */
/*
 * The hash table of the store. It is made for what an upgrade of a large store needs, and no table
 * of Debian's has all of it (README.md has the figures):
 *
 * It grows and shrinks by one bucket at a time (linear hashing: W. Litwin, VLDB 1980), so that no
 * insertion waits until millions of entries have moved. A bucket is a line of the cache, with a
 * byte of each entry's hash: to find an entry costs one line for the bucket and one for the entry,
 * and to insert one costs a line that can be prefetched.
 *
 * A position of a scan is a hash with its bits reversed. A bucket holds all hashes that end with
 * the same bits, and so an interval of reversed ones; splitting a bucket cuts its interval in two,
 * merging joins two. So whatever happens to the table between two steps, a scan gives all that is
 * in it throughout.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TABLE_SEGMENTS 40

struct table_bucket;

/** What the table asks about entries. */
struct table_kind {
        uint64_t (*hash)(const void *entry, const void *data);
        bool (*has_key)(const void *entry, const void *key);
};

struct table {
        const struct table_kind *kind;
        const void *data; /* passed to kind->hash() */
        uint64_t count; /* entries */
        uint64_t bucket_count; /* in use; not those that buckets overflow into */
        uint64_t mask; /* the smallest 2^n - 1 that no bucket's number is above */
        struct table_bucket *segments[TABLE_SEGMENTS]; /* each twice as long as the one before */
};

/** An empty table: false if memory ran out. */
bool table_init(struct table *table, const struct table_kind *kind, const void *data);

/**
 * Forgets all entries, and frees what it has beyond an empty table.
 *
 * @param forget  told of each, and may free it; NULL: they stay the caller's
 */
void table_clear(struct table *table, void (*forget)(void *entry, void *data), void *data);

/** Frees all that it has; the entries stay the caller's. */
void table_deinit(struct table *table);

/** The entry with this key, or NULL. */
void *table_find(const struct table *table, uint64_t hash, const void *key);

/**
 * Inserts an entry, in place of one with the same key.
 *
 * @param ret_replaced  the one that was there, or NULL; NULL allowed where the key is known to be
 *                      absent, and then it is not looked for
 * @return false: memory ran out, and the table is as it was
 */
bool table_insert(struct table *table, uint64_t hash, const void *key, void *entry,
                  void **ret_replaced);

/** Takes out the entry with this key, and returns it; or NULL. */
void *table_remove(struct table *table, uint64_t hash, const void *key);

/** Takes out this entry: false if it is not in the table. */
bool table_remove_entry(struct table *table, uint64_t hash, const void *entry);

/** Makes room for so many entries, if the table is empty; else it does nothing. */
void table_reserve(struct table *table, uint64_t count);

/** Says that a key with this hash will soon be looked for, or inserted. */
void table_prefetch(const struct table *table, uint64_t hash);

/**
 * Some entries, from a position on. What is in the table throughout is given at least once,
 * whatever is inserted and removed between two calls; exactly once where nothing is.
 *
 * @param position   0: the beginning
 * @param entries    room for `room` of them, at least 1
 * @param ret_count  how many there are; it may be 0 before the end
 * @return where to go on; 0: that was all
 */
uint64_t table_scan(const struct table *table, uint64_t position, void **entries, size_t room,
                    size_t *ret_count);
