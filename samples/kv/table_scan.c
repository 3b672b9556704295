/* SPDX-License-Identifier: MIT */
/*
 * A position is a hash with its bits reversed. A bucket holds an interval of those, and a scan goes
 * from interval to interval, whatever becomes of the buckets in between.
 */
#include <string.h>

#include "table_bucket.h"

#define SCAN_AHEAD 8 /* buckets that are prefetched */

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
