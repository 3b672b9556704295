/* SPDX-License-Identifier: MIT */
/*
 * A hash table, the same in every release. Its entries are structs that begin with a `struct link`
 * and hold their key; how a key is hashed, a table says by a pointer to a function.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TABLE_BUCKETS 64

/** What an entry begins with. */
struct link {
        struct link *next; /* in its bucket */
};

struct table {
        uint32_t (*hash)(const void *key, size_t key_size);
        size_t key_offset, key_size; /* bytes, in an entry */
        size_t size; /* entries */
        struct link *buckets[TABLE_BUCKETS];
};

/** An empty table of `struct Entry`, whose member `key` is the key. */
#define TABLE(Entry, key, hash_function)                                     \
        {                                                                    \
                .hash = (hash_function), .key_offset = offsetof(Entry, key), \
                .key_size = sizeof(((Entry *)0)->key)                        \
        }

/** Of an address, of whatever size: FNV-1a. */
uint32_t hash_ip(const void *key, size_t key_size);

/** Of a number of 32 bits: itself. Those of sessions follow each other. */
uint32_t hash_number(const void *key, size_t key_size);

/** The entry with this key, or NULL. */
void *table_find(const struct table *table, const void *key);

/** Puts an entry in, whose key is not in the table. The caller still owns it. */
void table_insert(struct table *table, void *entry);

/** Takes an entry out. The caller still owns it. */
void table_remove(struct table *table, void *entry);

/** The entry after `previous`, or the first where that is NULL; NULL: no more. */
void *table_next(const struct table *table, const void *previous);
