/* SPDX-License-Identifier: MIT */
/*
 * Growing and shrinking, by one bucket at a time: so nobody waits until millions of entries have
 * moved.
 */
#include "table_bucket.h"

#include <stdlib.h>

#define ENTRY_KEY 48 /* bytes into an entry, where its key mostly lies */

/* Copies the entries whose hash has this bit into an empty bucket: false if memory ran out. */
static bool copy_with_bit(const struct table *table, const struct table_bucket *from,
                          struct table_bucket *to, uint64_t bit)
{
        for (; from; from = next_in_chain(from))
                for (unsigned int slot = 0; slot < entries_in(from); slot++)
                        if ((table->kind->hash(from->entries[slot], table->data) & bit) &&
                            !table_bucket_add(to, from->tags[slot], from->entries[slot]))
                                return false;
        return true;
}

/* Ends a chain at `last`, which keeps so many entries. */
static void cut(struct table_bucket *before, struct table_bucket *last, unsigned int entries)
{
        table_bucket_clear(last);
        last->used = (uint8_t)entries;
        if (before && entries == 1) {
                before->entries[SLOTS - 1] = last->entries[0];
                before->tags[SLOTS - 1] = last->tags[0];
                before->used = SLOTS;
                free(last);
        }
}

/* Lets the entries go whose hash has this bit; the others move up. */
static void drop_with_bit(const struct table *table, struct table_bucket *first, uint64_t bit)
{
        struct table_bucket *to = first, *before = NULL;
        unsigned int kept = 0;

        for (struct table_bucket *from = first; from; from = next_in_chain(from)) {
                for (unsigned int slot = 0; slot < entries_in(from); slot++) {
                        if (table->kind->hash(from->entries[slot], table->data) & bit)
                                continue;
                        if (kept == (is_chained(to) ? CHAINED_ENTRIES : SLOTS)) {
                                before = to;
                                to = next_in_chain(to);
                                kept = 0;
                        }
                        to->tags[kept] = from->tags[slot];
                        to->entries[kept++] = from->entries[slot];
                }
        }
        cut(before, to, kept);
}

/* The bucket that is split when this one is made. */
static struct table_bucket *source_of(const struct table *table, uint64_t index)
{
        return bucket_at(table, index - (UINT64_C(1) << highest_bit(index)));
}

/* The next ones to be split are fetched from memory until then: first the bucket, and once it is
 * there, its entries. */
static void fetch_next(const struct table *table)
{
        const struct table_bucket *next = source_of(table, table->bucket_count);

        __builtin_prefetch(source_of(table, table->bucket_count + 1));
        for (unsigned int slot = 0; slot < entries_in(next); slot++) {
                __builtin_prefetch(next->entries[slot]);
                __builtin_prefetch((const char *)next->entries[slot] + ENTRY_KEY);
        }
}

/* If memory runs out, the table stays as it is, and works. */
static void split(struct table *table)
{
        uint64_t index = table->bucket_count;
        uint64_t bit = UINT64_C(1) << highest_bit(index);
        struct table_bucket *from, *to;

        if (!table_segment_need(table, highest_bit(index + FIRST) - FIRST_LOG))
                return;
        from = source_of(table, index);
        to = bucket_at(table, index);
        if (!copy_with_bit(table, from, to, bit)) {
                table_bucket_clear(to);
                return;
        }
        drop_with_bit(table, from, bit);
        table_set_bucket_count(table, index + 1);
        fetch_next(table);
}

/* Where that would need memory, it waits for the next removal. */
static void merge(struct table *table)
{
        uint64_t index = table->bucket_count - 1;
        struct table_bucket *from = bucket_at(table, index);
        struct table_bucket *to = source_of(table, index);
        unsigned int segment = highest_bit(index + FIRST) - FIRST_LOG;

        if (is_chained(from) || from->used + last_in_chain(to)->used > SLOTS)
                return;
        for (unsigned int slot = 0; slot < from->used; slot++)
                table_bucket_add(to, from->tags[slot], from->entries[slot]);
        from->used = 0;
        table_set_bucket_count(table, index);
        if (index + FIRST == UINT64_C(1) << (segment + FIRST_LOG))
                table_segment_free(table, segment);
}

void table_shrink(struct table *table)
{
        if (table->bucket_count > FIRST && table->count < table->bucket_count * LOAD_MIN)
                merge(table);
}

void table_grow(struct table *table)
{
        if (table->count > table->bucket_count * LOAD_MAX)
                split(table);
}
