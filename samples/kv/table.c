/* SPDX-License-Identifier: MIT */
/*
 * Buckets lie in segments, each twice as long as the one before: so their number can grow without
 * any of them moving. Bucket i holds the hashes whose lowest bits are i: as many bits as the mask
 * has, or one less where the bucket with that bit in front does not exist yet.
 *
 * A bucket that is full has a link to a further one in the place of its last entry. All buckets of
 * a chain but the last are full.
 */
#include "table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define FIRST_LOG 4 /* an empty table has 2^4 buckets */
#define FIRST (UINT64_C(1) << FIRST_LOG)
#define SLOTS 7
#define LOAD_MAX 4 /* entries per bucket, above which another bucket is made */
#define LOAD_MIN 1 /* below which one goes */
#define SCAN_AHEAD 8 /* buckets that are prefetched */
#define HUGE_PAGE (UINT64_C(2) << 20)

struct table_bucket {
        uint8_t tags[SLOTS]; /* the upper byte of each entry's hash */
        uint8_t used; /* how many entries there are; CHAINED: six, and a link in the last slot */
        void *entries[SLOTS];
};

#define CHAINED UINT8_C(0x80)
#define CHAINED_ENTRIES (SLOTS - 1)

_Static_assert(sizeof(void *) != 8 || sizeof(struct table_bucket) == 64, "a line of the cache");

static unsigned int highest_bit(uint64_t number)
{
        return 63 - (unsigned int)__builtin_clzll(number);
}

static uint64_t reverse_bits(uint64_t bits)
{
        bits = (bits >> 1 & UINT64_C(0x5555555555555555)) | (bits & UINT64_C(0x5555555555555555))
                                                                    << 1;
        bits = (bits >> 2 & UINT64_C(0x3333333333333333)) | (bits & UINT64_C(0x3333333333333333))
                                                                    << 2;
        bits = (bits >> 4 & UINT64_C(0x0f0f0f0f0f0f0f0f)) | (bits & UINT64_C(0x0f0f0f0f0f0f0f0f))
                                                                    << 4;
        return __builtin_bswap64(bits);
}

static uint8_t tag_of(uint64_t hash)
{
        return (uint8_t)(hash >> 56);
}

static struct table_bucket *bucket_at(const struct table *table, uint64_t index)
{
        unsigned int highest = highest_bit(index + FIRST);

        return &table->segments[highest - FIRST_LOG][index + FIRST - (UINT64_C(1) << highest)];
}

static uint64_t index_of(const struct table *table, uint64_t hash)
{
        uint64_t index = hash & table->mask;

        return index < table->bucket_count ? index : index & table->mask >> 1;
}

static struct table_bucket *bucket_of(const struct table *table, uint64_t hash)
{
        return bucket_at(table, index_of(table, hash));
}

static bool is_chained(const struct table_bucket *bucket)
{
        return bucket->used & CHAINED;
}

static unsigned int entries_in(const struct table_bucket *bucket)
{
        return is_chained(bucket) ? CHAINED_ENTRIES : bucket->used;
}

static struct table_bucket *next_in_chain(const struct table_bucket *bucket)
{
        return is_chained(bucket) ? bucket->entries[SLOTS - 1] : NULL;
}

/* Where buckets are. */

static size_t segment_size(unsigned int segment)
{
        return (size_t)(FIRST << segment) * sizeof(struct table_bucket);
}

static struct table_bucket *new_buckets(size_t size)
{
        void *memory = NULL;

        if (size >= HUGE_PAGE) {
                memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                              0);
                if (memory == MAP_FAILED)
                        return NULL;
                madvise(memory, size, MADV_HUGEPAGE);
        } else if (posix_memalign(&memory, sizeof(struct table_bucket), size) == 0) {
                memset(memory, 0, size);
        }
        return memory;
}

static bool need_segment(struct table *table, unsigned int segment)
{
        if (segment >= TABLE_SEGMENTS)
                return false;
        if (!table->segments[segment])
                table->segments[segment] = new_buckets(segment_size(segment));
        return table->segments[segment] != NULL;
}

static void free_segment(struct table *table, unsigned int segment)
{
        if (table->segments[segment] && segment_size(segment) >= HUGE_PAGE)
                munmap(table->segments[segment], segment_size(segment));
        else
                free(table->segments[segment]);
        table->segments[segment] = NULL;
}

static void set_bucket_count(struct table *table, uint64_t count)
{
        table->bucket_count = count;
        table->mask = (UINT64_C(2) << highest_bit(count - 1)) - 1;
}

/* Entries in one bucket and what it overflows into. */

static struct table_bucket *last_in_chain(struct table_bucket *bucket)
{
        while (is_chained(bucket))
                bucket = next_in_chain(bucket);
        return bucket;
}

static bool lengthen(struct table_bucket *last)
{
        struct table_bucket *more = new_buckets(sizeof(*more));

        if (!more)
                return false;
        more->entries[0] = last->entries[SLOTS - 1];
        more->tags[0] = last->tags[SLOTS - 1];
        more->used = 1;
        last->entries[SLOTS - 1] = more;
        last->used = CHAINED;
        return true;
}

static bool add(struct table_bucket *bucket, uint8_t tag, void *entry)
{
        bucket = last_in_chain(bucket);
        if (bucket->used == SLOTS) {
                if (!lengthen(bucket))
                        return false;
                bucket = next_in_chain(bucket);
        }
        bucket->entries[bucket->used] = entry;
        bucket->tags[bucket->used++] = tag;
        return true;
}

/* The last entry of the chain takes the place of the one that goes. */
static void take_out(struct table_bucket *first, struct table_bucket *bucket, unsigned int slot)
{
        struct table_bucket *last = first, *before = NULL;

        while (is_chained(last)) {
                before = last;
                last = next_in_chain(last);
        }
        last->used--;
        bucket->entries[slot] = last->entries[last->used];
        bucket->tags[slot] = last->tags[last->used];
        if (before && last->used == 1) {
                before->entries[SLOTS - 1] = last->entries[0];
                before->tags[SLOTS - 1] = last->tags[0];
                before->used = SLOTS;
                free(last);
        }
}

static void free_chain(struct table_bucket *bucket)
{
        struct table_bucket *next = next_in_chain(bucket);

        bucket->used = 0;
        while (next) {
                struct table_bucket *gone = next;

                next = next_in_chain(gone);
                free(gone);
        }
}

/* Growing and shrinking, by one bucket. */

/* Copies the entries whose hash has this bit into an empty bucket: false if memory ran out. */
static bool copy_with_bit(const struct table *table, const struct table_bucket *from,
                          struct table_bucket *to, uint64_t bit)
{
        for (; from; from = next_in_chain(from))
                for (unsigned int slot = 0; slot < entries_in(from); slot++)
                        if ((table->kind->hash(from->entries[slot], table->data) & bit) &&
                            !add(to, from->tags[slot], from->entries[slot]))
                                return false;
        return true;
}

/* Ends a chain at `last`, which keeps so many entries. */
static void cut(struct table_bucket *before, struct table_bucket *last, unsigned int entries)
{
        free_chain(last);
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

/* If memory runs out, the table stays as it is, and works. */
static void split_one(struct table *table)
{
        uint64_t index = table->bucket_count;
        uint64_t bit = UINT64_C(1) << highest_bit(index);
        struct table_bucket *from, *to;

        if (!need_segment(table, highest_bit(index + FIRST) - FIRST_LOG))
                return;
        from = bucket_at(table, index - bit);
        to = bucket_at(table, index);
        if (!copy_with_bit(table, from, to, bit)) {
                free_chain(to);
                return;
        }
        drop_with_bit(table, from, bit);
        set_bucket_count(table, index + 1);
}

/* Where that would need memory, it waits for the next removal. */
static void merge_one(struct table *table)
{
        uint64_t index = table->bucket_count - 1;
        struct table_bucket *from = bucket_at(table, index);
        struct table_bucket *to = bucket_at(table, index - (UINT64_C(1) << highest_bit(index)));
        unsigned int segment = highest_bit(index + FIRST) - FIRST_LOG;

        if (is_chained(from) || from->used + last_in_chain(to)->used > SLOTS)
                return;
        for (unsigned int slot = 0; slot < from->used; slot++)
                add(to, from->tags[slot], from->entries[slot]);
        from->used = 0;
        set_bucket_count(table, index);
        if (index + FIRST == UINT64_C(1) << (segment + FIRST_LOG))
                free_segment(table, segment);
}

static void shrink_if_sparse(struct table *table)
{
        if (table->bucket_count > FIRST && table->count < table->bucket_count * LOAD_MIN)
                merge_one(table);
}

/* What the header has. */

bool table_init(struct table *table, const struct table_kind *kind, const void *data)
{
        *table = (struct table){.kind = kind, .data = data};
        set_bucket_count(table, FIRST);
        return need_segment(table, 0);
}

void table_deinit(struct table *table)
{
        for (uint64_t i = 0; table->segments[0] && i < table->bucket_count; i++)
                if (is_chained(bucket_at(table, i)))
                        free_chain(bucket_at(table, i));
        for (unsigned int segment = 0; segment < TABLE_SEGMENTS; segment++)
                free_segment(table, segment);
}

void table_clear(struct table *table)
{
        for (uint64_t i = 0; i < table->bucket_count; i++)
                free_chain(bucket_at(table, i));
        for (unsigned int segment = 1; segment < TABLE_SEGMENTS; segment++)
                free_segment(table, segment);
        table->count = 0;
        set_bucket_count(table, FIRST);
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
        if (!add(bucket_of(table, hash), tag_of(hash), entry))
                return false;
        if (ret_replaced)
                *ret_replaced = NULL;
        if (++table->count > table->bucket_count * LOAD_MAX)
                split_one(table);
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
        take_out(bucket_of(table, hash), bucket, slot);
        table->count--;
        shrink_if_sparse(table);
        return entry;
}

bool table_remove_entry(struct table *table, uint64_t hash, const void *entry)
{
        struct table_bucket *first = bucket_of(table, hash), *bucket = first;

        for (; bucket; bucket = next_in_chain(bucket)) {
                for (unsigned int slot = 0; slot < entries_in(bucket); slot++) {
                        if (bucket->entries[slot] != entry)
                                continue;
                        take_out(first, bucket, slot);
                        table->count--;
                        shrink_if_sparse(table);
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
        for (unsigned int segment = 0; segment <= last; segment++)
                if (!need_segment(table, segment))
                        return;
        set_bucket_count(table, buckets);
}

void table_prefetch(const struct table *table, uint64_t hash)
{
        __builtin_prefetch(bucket_of(table, hash), 1);
}

static uint64_t place_in_scan(const struct table *table, const void *entry)
{
        return reverse_bits(table->kind->hash(entry, table->data));
}

/* How many entries of a bucket have their place from one to the other. */
static size_t count_between(const struct table *table, const struct table_bucket *bucket,
                            uint64_t first, uint64_t last)
{
        size_t count = 0;

        for (; bucket; bucket = next_in_chain(bucket)) {
                for (unsigned int slot = 0; slot < entries_in(bucket); slot++) {
                        uint64_t own = place_in_scan(table, bucket->entries[slot]);

                        count += first <= own && own <= last;
                }
        }
        return count;
}

/* Where a bucket was given in part, or there is no room for all of it: those from the position on
 * that come first in the order of the scan. Of those that have one place and do not all fit, some
 * are given twice. A hash that nobody can foresee makes all of that rare. */
static uint64_t scan_part(const struct table *table, const struct table_bucket *bucket,
                          uint64_t position, uint64_t end, void **entries, size_t room,
                          size_t *ret_count)
{
        const struct table_bucket *first = bucket;
        size_t count = 0;
        uint64_t last;

        for (; bucket; bucket = next_in_chain(bucket)) {
                for (unsigned int slot = 0; slot < entries_in(bucket); slot++) {
                        uint64_t own = place_in_scan(table, bucket->entries[slot]);
                        size_t at = count;

                        while (at > 0 && place_in_scan(table, entries[at - 1]) > own)
                                at--;
                        if (own < position || at == room)
                                continue;
                        count += count < room;
                        memmove(&entries[at + 1], &entries[at],
                                (count - at - 1) * sizeof(*entries));
                        entries[at] = bucket->entries[slot];
                }
        }
        *ret_count = count;
        if (count_between(table, first, position, end - 1) == count)
                return end;
        last = place_in_scan(table, entries[count - 1]);
        if (last == position || count_between(table, first, position, last) == count)
                return last + 1;
        return last;
}

static size_t entries_in_chain(const struct table_bucket *bucket)
{
        size_t entries = 0;

        for (; bucket; bucket = next_in_chain(bucket))
                entries += entries_in(bucket);
        return entries;
}

/* How long the interval of reversed hashes is that a bucket holds. */
static uint64_t interval_of(const struct table *table, uint64_t index)
{
        uint64_t half = (table->mask >> 1) + 1;
        bool is_split = index >= half || index + half < table->bucket_count;

        return UINT64_C(1) << (64 - highest_bit(is_split ? half << 1 : half));
}

uint64_t table_scan(const struct table *table, uint64_t position, void **entries, size_t room,
                    size_t *ret_count)
{
        size_t count = 0;

        do {
                uint64_t index = index_of(table, reverse_bits(position));
                uint64_t interval = interval_of(table, index);
                const struct table_bucket *bucket = bucket_at(table, index);
                size_t more = entries_in_chain(bucket);
                uint64_t end = (position & -interval) + interval;
                bool in_part = position + interval != end || more > room;

                table_prefetch(table, reverse_bits(position + SCAN_AHEAD * interval));
                if (count > 0 && (in_part || more > room - count))
                        break;
                if (in_part)
                        return scan_part(table, bucket, position, end, entries, room, ret_count);
                for (; bucket; bucket = next_in_chain(bucket)) {
                        memcpy(&entries[count], bucket->entries,
                               entries_in(bucket) * sizeof(*entries));
                        count += entries_in(bucket);
                }
                position = end;
        } while (position != 0 && count < room);
        *ret_count = count;
        return position;
}
