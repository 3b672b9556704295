/* SPDX-License-Identifier: MIT */
/*
 * Chained buckets. What is in them never crosses to another process: each release puts the entries
 * that it receives into buckets of its own, by whatever hash it has.
 */
#include "table.h"

#include <string.h>

uint32_t hash_ip(const void *key, size_t key_size)
{
        const uint8_t *bytes = key;
        uint32_t hash = 2166136261u;

        for (size_t i = 0; i < key_size; i++)
                hash = (hash ^ bytes[i]) * 16777619u;
        return hash;
}

uint32_t hash_number(const void *key, size_t key_size)
{
        uint32_t number = 0;

        memcpy(&number, key, key_size < sizeof(number) ? key_size : sizeof(number));
        return number;
}

static const void *key_of(const struct table *table, const void *entry)
{
        return (const char *)entry + table->key_offset;
}

static size_t bucket_of(const struct table *table, const void *key)
{
        return table->hash(key, table->key_size) % TABLE_BUCKETS;
}

void *table_find(const struct table *table, const void *key)
{
        struct link *entry = table->buckets[bucket_of(table, key)];

        while (entry && memcmp(key_of(table, entry), key, table->key_size) != 0)
                entry = entry->next;
        return entry;
}

void table_insert(struct table *table, void *entry)
{
        struct link **bucket = &table->buckets[bucket_of(table, key_of(table, entry))];
        struct link *link = entry;

        link->next = *bucket;
        *bucket = link;
        table->size++;
}

void table_remove(struct table *table, void *entry)
{
        struct link **at = &table->buckets[bucket_of(table, key_of(table, entry))];

        while (*at != entry)
                at = &(*at)->next;
        *at = (*at)->next;
        table->size--;
}

void *table_next(const struct table *table, const void *previous)
{
        const struct link *link = previous;
        size_t bucket = 0;

        if (link && link->next)
                return link->next;
        if (link)
                bucket = bucket_of(table, key_of(table, previous)) + 1;
        while (bucket < TABLE_BUCKETS && !table->buckets[bucket])
                bucket++;
        return bucket < TABLE_BUCKETS ? table->buckets[bucket] : NULL;
}
