/* SPDX-License-Identifier: MIT */
#include "table_bucket.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE (UINT64_C(2) << 20)

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
        } else if (posix_memalign(&memory, sizeof(struct table_bucket), size) == 0) {
                memset(memory, 0, size);
        }
        return memory;
}

bool table_segment_need(struct table *table, unsigned int segment)
{
        if (segment >= TABLE_SEGMENTS)
                return false;
        if (!table->segments[segment])
                table->segments[segment] = new_buckets(segment_size(segment));
        return table->segments[segment] != NULL;
}

void table_segment_prefer_huge_pages(struct table *table, unsigned int segment)
{
        if (segment_size(segment) >= HUGE_PAGE)
                madvise(table->segments[segment], segment_size(segment), MADV_HUGEPAGE);
}

void table_segment_free(struct table *table, unsigned int segment)
{
        if (table->segments[segment] && segment_size(segment) >= HUGE_PAGE)
                munmap(table->segments[segment], segment_size(segment));
        else
                free(table->segments[segment]);
        table->segments[segment] = NULL;
}

void table_set_bucket_count(struct table *table, uint64_t count)
{
        table->bucket_count = count;
        table->mask = (UINT64_C(2) << highest_bit(count - 1)) - 1;
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

bool table_bucket_add(struct table_bucket *bucket, uint8_t tag, void *entry)
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
void table_bucket_take_out(struct table_bucket *first, struct table_bucket *bucket,
                           unsigned int slot)
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

void table_bucket_clear(struct table_bucket *bucket)
{
        struct table_bucket *next = next_in_chain(bucket);

        bucket->used = 0;
        while (next) {
                struct table_bucket *gone = next;

                next = next_in_chain(gone);
                free(gone);
        }
}
