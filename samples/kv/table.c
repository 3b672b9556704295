/* SPDX-License-Identifier: MIT */
#include "table.h"

#include "table_bucket.h"

bool table_init(struct table *table, const struct table_kind *kind, const void *data)
{
        *table = (struct table){.kind = kind, .data = data};
        table_set_bucket_count(table, FIRST);
        return table_segment_need(table, 0);
}

void table_deinit(struct table *table)
{
        for (uint64_t i = 0; table->segments[0] && i < table->bucket_count; i++)
                if (is_chained(bucket_at(table, i)))
                        table_bucket_clear(bucket_at(table, i));
        for (unsigned int segment = 0; segment < TABLE_SEGMENTS; segment++)
                table_segment_free(table, segment);
}

void table_clear(struct table *table, void (*forget)(void *entry, void *data), void *data)
{
        for (uint64_t i = 0; i < table->bucket_count; i++) {
                struct table_bucket *bucket = bucket_at(table, i);

                for (; forget && bucket; bucket = next_in_chain(bucket))
                        for (unsigned int slot = 0; slot < entries_in(bucket); slot++)
                                forget(bucket->entries[slot], data);
                table_bucket_clear(bucket_at(table, i));
        }
        for (unsigned int segment = 1; segment < TABLE_SEGMENTS; segment++)
                table_segment_free(table, segment);
        table->count = 0;
        table_set_bucket_count(table, FIRST);
}

/* A key's place: the bucket in its chain, and the slot. */
static struct table_bucket *look(const struct table *table, uint64_t hash, const void *key,
                                 unsigned int *ret_slot)
{
        struct table_bucket *bucket = bucket_of(table, hash);
        uint8_t tag = tag_of(hash);

        for (; bucket; bucket = next_in_chain(bucket)) {
                unsigned int entries = entries_in(bucket);

                for (unsigned int slot = 0; slot < entries; slot++) {
                        if (bucket->tags[slot] != tag ||
                            !table->kind->has_key(bucket->entries[slot], key))
                                continue;
                        *ret_slot = slot;
                        return bucket;
                }
        }
        return NULL;
}

void *table_find(const struct table *table, uint64_t hash, const void *key)
{
        unsigned int slot;
        struct table_bucket *bucket = look(table, hash, key, &slot);

        return bucket ? bucket->entries[slot] : NULL;
}

bool table_insert(struct table *table, uint64_t hash, const void *key, void *entry,
                  void **ret_replaced)
{
        unsigned int slot;
        struct table_bucket *bucket = ret_replaced ? look(table, hash, key, &slot) : NULL;

        if (bucket) {
                *ret_replaced = bucket->entries[slot];
                bucket->entries[slot] = entry;
                return true;
        }
        if (!table_bucket_add(bucket_of(table, hash), tag_of(hash), entry))
                return false;
        if (ret_replaced)
                *ret_replaced = NULL;
        table->count++;
        table_grow(table);
        return true;
}

void *table_remove(struct table *table, uint64_t hash, const void *key)
{
        unsigned int slot;
        struct table_bucket *bucket = look(table, hash, key, &slot);
        void *entry;

        if (!bucket)
                return NULL;
        entry = bucket->entries[slot];
        table_bucket_take_out(bucket_of(table, hash), bucket, slot);
        table->count--;
        table_shrink(table);
        return entry;
}

bool table_remove_entry(struct table *table, uint64_t hash, const void *entry)
{
        struct table_bucket *first = bucket_of(table, hash), *bucket = first;

        for (; bucket; bucket = next_in_chain(bucket)) {
                for (unsigned int slot = 0; slot < entries_in(bucket); slot++) {
                        if (bucket->entries[slot] != entry)
                                continue;
                        table_bucket_take_out(first, bucket, slot);
                        table->count--;
                        table_shrink(table);
                        return true;
                }
        }
        return false;
}

void table_reserve(struct table *table, uint64_t count)
{
        uint64_t buckets = count / LOAD_MAX + 1;
        unsigned int last;

        if (table->count > 0 || buckets <= table->bucket_count || buckets > UINT64_C(1) << 40)
                return;
        last = highest_bit(buckets - 1 + FIRST) - FIRST_LOG;
        for (unsigned int segment = 0; segment <= last; segment++) {
                if (!table_segment_need(table, segment))
                        return;
                table_segment_prefer_huge_pages(table, segment);
        }
        table_set_bucket_count(table, buckets);
}

void table_prefetch(const struct table *table, uint64_t hash)
{
        __builtin_prefetch(bucket_of(table, hash), 1);
}
