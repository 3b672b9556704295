/* SPDX-License-Identifier: MIT */
/*
 * The hash table whose records transfer.c moves: pointers to entries, each on the heap, by open
 * addressing. It is as plain as can be, so that what is measured is the transfer.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define KEY_SIZE 16 /* bytes */
#define VALUE_SIZE 100

#ifdef __cplusplus
extern "C" {
#endif

struct entry {
        uint8_t key[KEY_SIZE];
        uint8_t value[VALUE_SIZE];
        uint32_t flags;
        int64_t expiry; /* milliseconds since 1970 */
        uint64_t number;
};

struct table {
        struct entry **slots;
        size_t slot_count; /* a power of two */
        size_t count;
};

/** Makes room for so many entries in all, at once. */
void table_reserve(struct table *table, size_t count);

/** Gets the memory of what it has reserved: the kernel gives it to who writes. */
void table_touch(struct table *table);

/** Takes an entry over, which replaces one of the same key. */
void table_insert(struct table *table, struct entry *entry);

/** Prefetches the slot where an entry belongs. */
void table_prefetch(const struct table *table, const struct entry *entry);

/** Entries from a slot on, as struct ekiden_container's scan(). */
uint64_t table_scan(const struct table *table, uint64_t position, struct entry **entries,
                    size_t room, size_t *ret_count);

/** Fills an entry with what record `number` has: its key is as good as random. */
void entry_make(struct entry *entry, uint64_t number);

/** A sum over all entries, whatever their order. */
uint64_t table_digest(const struct table *table);

#ifdef __cplusplus
}
#endif
