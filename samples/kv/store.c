/* SPDX-License-Identifier: MIT */
#include "store.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "changes.h"
#include "entry.h"

#define EXPIRE_NS 1000000 /* that the search for expired entries may take at a time */
#define EXPIRE_ROOM 32 /* entries that it looks at in one go */

static struct text key_of(const struct entry *entry)
{
        return (struct text){entry->key, entry->key_size};
}

static uint64_t hash_of(const struct store *store, const struct entry *entry)
{
        return hash_bytes(&store->seed, entry->key, entry->key_size);
}

static uint64_t hash_for_table(const void *entry, const void *store)
{
        return hash_of(store, entry);
}

static bool has_key(const void *entry, const void *key)
{
        return text_equals(key_of(entry), *(const struct text *)key);
}

static const struct table_kind kind = {.hash = hash_for_table, .has_key = has_key};

bool store_init(struct store *store, struct store_counts *counts)
{
        *store = (struct store){.seed = hash_seed_draw(), .counts = counts};
        store_set_time(store);
        return table_init(&store->table, &kind, store) && table_init(&store->large, &kind, store);
}

void store_set_time(struct store *store)
{
        struct timespec now;

        clock_gettime(CLOCK_REALTIME, &now);
        store->now_ms = now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static bool has_expired(const struct store *store, const struct entry *entry)
{
        int64_t expires_at = entry_expires_at(entry);

        return expires_at != 0 && expires_at <= store->now_ms;
}

static void expire(struct store *store, struct entry *entry)
{
        store->counts->expired++;
        store_remove(store, entry);
}

static struct entry *find(struct store *store, struct text key, uint64_t hash)
{
        struct entry *entry = table_find(&store->table, hash, &key);

        if (!entry || !has_expired(store, entry))
                return entry;
        expire(store, entry);
        return NULL;
}

struct entry *store_find(struct store *store, struct text key)
{
        return find(store, key, hash_bytes(&store->seed, key.bytes, key.size));
}

struct entry *store_read(struct store *store, struct text key)
{
        struct entry *entry = store_find(store, key);

        if (entry) {
                store->counts->hits++;
                entry_use(entry, store->now_ms);
        } else {
                store->counts->misses++;
        }
        return entry;
}

struct entry *store_make(struct store *store, struct text key, bool *ret_is_new)
{
        uint64_t hash = hash_bytes(&store->seed, key.bytes, key.size);
        struct entry *entry = find(store, key, hash);

        *ret_is_new = entry == NULL;
        if (entry)
                return entry;
        entry = calloc(1, sizeof(*entry) + key.size);
        if (!entry)
                return NULL;
        if (key.size > 0)
                memcpy(entry->key, key.bytes, key.size);
        entry->key_size = (uint32_t)key.size;
        if (!table_insert(&store->table, hash, &key, entry, NULL)) {
                free(entry);
                return NULL;
        }
        entry_use(entry, store->now_ms);
        return entry;
}

static bool list_large(struct store *store, struct entry *entry)
{
        return table_insert(&store->large, hash_of(store, entry), NULL, entry, NULL);
}

static void unlist_large(struct store *store, struct entry *entry)
{
        table_remove_entry(&store->large, hash_of(store, entry), entry);
}

/* Ahead of a change, so that nothing can fail behind it. */
static bool may_become_large(struct store *store, struct entry *entry, size_t size)
{
        return entry_is_large(entry) || size < VALUE_LARGE || list_large(store, entry);
}

/* Behind it, whether it was done or not. */
static bool changed(struct store *store, struct entry *entry, bool was_listed, bool is_done)
{
        if (was_listed && !entry_is_large(entry))
                unlist_large(store, entry);
        if (is_done)
                entry_touch(entry, was_listed);
        return is_done;
}

bool store_set_value(struct store *store, struct entry *entry, struct text value)
{
        bool listed = entry_is_large(entry) || value.size >= VALUE_LARGE;

        return may_become_large(store, entry, value.size) &&
               changed(store, entry, listed, entry_set_value(entry, value));
}

bool store_append(struct store *store, struct entry *entry, struct text more)
{
        char room[NUMBER_SIZE];
        size_t size = entry_value(entry, room).size + more.size;

        return may_become_large(store, entry, size) &&
               changed(store, entry, size >= VALUE_LARGE, entry_append(entry, more));
}

bool store_set_integer(struct store *store, struct entry *entry, int64_t number)
{
        bool listed = entry_is_large(entry);

        return changed(store, entry, listed, entry_set_integer(entry, number));
}

void store_change(struct store *store, struct entry *entry)
{
        (void)store;
        entry_touch(entry, entry_is_large(entry));
}

void store_set_expiry(struct store *store, struct entry *entry, int64_t expires_at)
{
        store->expiring -= entry_expires_at(entry) != 0;
        entry_set_expires_at(entry, expires_at);
        store->expiring += entry_expires_at(entry) != 0;
        store_change(store, entry);
}

void store_remove(struct store *store, struct entry *entry)
{
        store_change(store, entry);
        store_give_back(store, entry);
        entry_free(entry);
}

static void forget(void *entry, void *store)
{
        store_change(store, entry);
        entry_free(entry);
}

void store_clear(struct store *store)
{
        table_clear(&store->large, NULL, NULL);
        table_clear(&store->table, forget, store);
        store->expiring = 0;
}

uint64_t store_count(const struct store *store)
{
        return store->table.count;
}

uint64_t store_scan(struct store *store, uint64_t position, struct entry **entries, size_t room,
                    size_t *ret_count)
{
        size_t count, kept = 0;

        position = table_scan(&store->table, position, (void **)entries, room, &count);
        for (size_t i = 0; i < count; i++)
                if (!has_expired(store, entries[i]))
                        entries[kept++] = entries[i];
        *ret_count = kept;
        return position;
}

static int64_t elapsed_ns(const struct timespec *begin)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (now.tv_sec - begin->tv_sec) * INT64_C(1000000000) + now.tv_nsec - begin->tv_nsec;
}

/* What is removed here would not be found by anybody any more; only its memory is still in use. So
 * it is enough to come round some time, and to hurry where many were found. */
void store_expire_some(struct store *store)
{
        struct timespec begin;
        size_t found, count;

        if (store->expiring == 0)
                return;
        clock_gettime(CLOCK_MONOTONIC, &begin);
        do {
                void *entries[EXPIRE_ROOM];

                found = 0;
                store->expire_position = table_scan(&store->table, store->expire_position, entries,
                                                    EXPIRE_ROOM, &count);
                for (size_t i = 0; i < count; i++) {
                        if (!has_expired(store, entries[i]))
                                continue;
                        expire(store, entries[i]);
                        found++;
                }
        } while (found * 4 >= count && count > 0 && elapsed_ns(&begin) < EXPIRE_NS);
}

bool store_take(struct store *store, struct entry *entry)
{
        struct text key = key_of(entry);
        bool is_large = entry_is_large(entry);
        void *replaced;

        if (is_large && !list_large(store, entry))
                return false;
        if (!table_insert(&store->table, hash_of(store, entry), &key, entry, &replaced)) {
                if (is_large)
                        unlist_large(store, entry);
                return false;
        }
        store->expiring += entry_expires_at(entry) != 0;
        if (replaced) {
                if (entry_is_large(replaced))
                        unlist_large(store, replaced);
                store->expiring -= entry_expires_at(replaced) != 0;
                entry_free(replaced);
        }
        return true;
}

struct entry *store_look(const struct store *store, struct text key)
{
        return table_find(&store->table, hash_bytes(&store->seed, key.bytes, key.size), &key);
}

void store_give_back(struct store *store, struct entry *entry)
{
        table_remove_entry(&store->table, hash_of(store, entry), entry);
        if (entry_is_large(entry))
                unlist_large(store, entry);
        store->expiring -= entry_expires_at(entry) != 0;
}

void store_prefetch(const struct store *store, const struct entry *entry)
{
        table_prefetch(&store->table, hash_of(store, entry));
}
