/* SPDX-License-Identifier: MIT */
/*
 * Buckets: where they are, and what is in one.
 *
 * They lie in segments, each twice as long as the one before: so their number can grow without any
 * of them moving. Bucket i holds the hashes whose lowest bits are i: as many bits as the mask has,
 * or one less where the bucket with that bit in front does not exist yet.
 *
 * A bucket that is full has a link to a further one in the place of its last entry. All buckets of
 * a chain but the last are full.
 */
#pragma once

#include "table.h"

#define FIRST_LOG 4 /* an empty table has 2^4 buckets */
#define FIRST (UINT64_C(1) << FIRST_LOG)
#define SLOTS 7
#define LOAD_MAX 4 /* entries per bucket, above which another bucket is made */
#define LOAD_MIN 1 /* below which one goes */

struct table_bucket {
        uint8_t tags[SLOTS]; /* the upper byte of each entry's hash */
        uint8_t used; /* how many entries there are; CHAINED: six, and a link in the last slot */
        void *entries[SLOTS];
};

#define CHAINED UINT8_C(0x80)
#define CHAINED_ENTRIES (SLOTS - 1)

_Static_assert(sizeof(void *) != 8 || sizeof(struct table_bucket) == 64, "a line of the cache");

static inline unsigned int highest_bit(uint64_t number)
{
        return 63 - (unsigned int)__builtin_clzll(number);
}

static inline uint64_t reverse_bits(uint64_t bits)
{
        bits = (bits >> 1 & UINT64_C(0x5555555555555555)) | (bits & UINT64_C(0x5555555555555555))
                                                                    << 1;
        bits = (bits >> 2 & UINT64_C(0x3333333333333333)) | (bits & UINT64_C(0x3333333333333333))
                                                                    << 2;
        bits = (bits >> 4 & UINT64_C(0x0f0f0f0f0f0f0f0f)) | (bits & UINT64_C(0x0f0f0f0f0f0f0f0f))
                                                                    << 4;
        return __builtin_bswap64(bits);
}

static inline uint8_t tag_of(uint64_t hash)
{
        return (uint8_t)(hash >> 56);
}

static inline struct table_bucket *bucket_at(const struct table *table, uint64_t index)
{
        unsigned int highest = highest_bit(index + FIRST);

        return &table->segments[highest - FIRST_LOG][index + FIRST - (UINT64_C(1) << highest)];
}

static inline uint64_t index_of(const struct table *table, uint64_t hash)
{
        uint64_t index = hash & table->mask;

        return index < table->bucket_count ? index : index & table->mask >> 1;
}

static inline struct table_bucket *bucket_of(const struct table *table, uint64_t hash)
{
        return bucket_at(table, index_of(table, hash));
}

static inline bool is_chained(const struct table_bucket *bucket)
{
        return bucket->used & CHAINED;
}

static inline unsigned int entries_in(const struct table_bucket *bucket)
{
        return is_chained(bucket) ? CHAINED_ENTRIES : bucket->used;
}

static inline struct table_bucket *next_in_chain(const struct table_bucket *bucket)
{
        return is_chained(bucket) ? bucket->entries[SLOTS - 1] : NULL;
}

static inline struct table_bucket *last_in_chain(struct table_bucket *bucket)
{
        while (is_chained(bucket))
                bucket = next_in_chain(bucket);
        return bucket;
}

/** Splits a bucket where there are too many entries. If memory runs out, it does nothing. */
void table_grow(struct table *table);

/** Joins two buckets where there are too few entries. */
void table_shrink(struct table *table);

/** Adds an entry to a bucket: false if memory ran out. */
bool table_bucket_add(struct table_bucket *bucket, uint8_t tag, void *entry);

/** Takes an entry out of one of a chain of buckets, which may be freed. */
void table_bucket_take_out(struct table_bucket *first, struct table_bucket *bucket,
                           unsigned int slot);

/** Makes a bucket empty, and frees what it overflowed into. */
void table_bucket_clear(struct table_bucket *bucket);

/** Makes sure that a segment is there: false if memory ran out. */
bool table_segment_need(struct table *table, unsigned int segment);

/** Asks for huge pages for a segment that will soon be full: a page fault takes longer then, as
 * long as some requests may, and there are fewer. */
void table_segment_prefer_huge_pages(struct table *table, unsigned int segment);

void table_segment_free(struct table *table, unsigned int segment);

void table_set_bucket_count(struct table *table, uint64_t count);
