/* SPDX-License-Identifier: MIT */
/*
 * Random structs through the bindings of random schemas, for bindings.py, which writes both and the
 * table `journeys`: they arrive with the same values, and leave again as the same bytes.
 */
#include "trip.h"

#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "entry/process.h"
#include "recording.h"

struct allocation {
        struct allocation *next, **link;
        max_align_t memory[];
};

static struct allocation *allocations;
size_t trip_live, trip_fail_at;

void *trip_allocate(size_t size_bytes)
{
        struct allocation *allocation;

        if (trip_fail_at > 0 && --trip_fail_at == 0)
                return NULL;
        allocation = malloc(sizeof(*allocation) + size_bytes);
        cr_assert_not_null(allocation);
        memset(allocation->memory, 0xa5, size_bytes);
        trip_live++;
        allocation->next = allocations;
        allocation->link = &allocations;
        if (allocations)
                allocations->link = &allocation->next;
        allocations = allocation;
        return allocation->memory;
}

void trip_release(void *memory)
{
        struct allocation *allocation =
                (void *)((char *)memory - offsetof(struct allocation, memory));

        trip_live--;
        *allocation->link = allocation->next;
        if (allocation->next)
                allocation->next->link = allocation->link;
        free(allocation);
}

void *trip_zeroed(size_t size_bytes)
{
        return memset(trip_allocate(size_bytes), 0, size_bytes);
}

char *trip_text(size_t size_max)
{
        char *text = trip_allocate(size_max + 1);

        draw_text(text, size_max);
        return text;
}

void trip_forget(void)
{
        while (allocations)
                trip_release(allocations->memory);
}

uint64_t trip_scan(struct trip *trip, uint64_t position, void **entries, size_t room,
                   size_t *ret_count)
{
        size_t left = trip->record_count - (size_t)position;

        cr_assert_geq(room, EKIDEN_SCAN_ROOM);
        *ret_count = position % 7 == 0 && left > 0 ? 1 : left < 50 ? left : 50;
        memcpy(entries, trip->records + position, *ret_count * sizeof(*entries));
        position += *ret_count;
        return position < trip->record_count ? position : 0;
}

int trip_take(struct trip *trip, void *entry, struct ekiden_cursor *cursor)
{
        cr_assert_eq(cursor->record, trip->record_count);
        if (++trip->record_count == trip->refuse_at) {
                trip->record_count--;
                return ekiden_cursor_refuse(cursor, "it is not wanted");
        }
        trip->records[trip->record_count - 1] = entry;
        return 0;
}

/* The last one first. */
bool trip_drop(struct trip *trip, const void *entry)
{
        cr_assert_eq(trip->records[trip->record_count - 1], entry);
        trip->record_count--;
        return true;
}

void trip_announce(struct trip *trip, const void *entry)
{
        trip->announced[trip->announced_count++] = entry;
}

const struct ekiden_natives *trip_tag(const struct journey *journey, struct trip *trip)
{
        size_t count;

        ek_process.is_started = true;
        ek_process.schema = journey->schema;
        journey->tag(trip);
        return ek_tagged_all(&count)[0]->natives;
}

void trip_untag(void)
{
        cr_assert_eq(ekiden_untag("root"), 0);
        cr_assert_eq(ekiden_untag("records"), 0);
        cr_assert_eq(ekiden_untag("entries"), 0);
}

static void record_trip(const struct journey *journey, struct trip *trip, uint64_t seed,
                        struct recording *ret_recording)
{
        struct ekiden_error error = {0};

        trip_tag(journey, trip);
        cr_assert_eq(record(ret_recording, &error), 0, "%s, seed %llu: %s", journey->name,
                     (unsigned long long)seed, error.sentence);
        trip_untag();
}

static void expect_trip(const struct journey *journey, uint64_t seed)
{
        const struct ek_chain chain = {.from = journey->schema, .to = journey->schema};
        struct trip before = {.count = 0}, after = {.count = 0};
        struct ekiden_error error = {0};
        struct recording first, second;
        const char *difference;

        draw_seed(seed);
        journey->fill(&before);
        record_trip(journey, &before, seed, &first);
        cr_assert_eq(play(&first, trip_tag(journey, &after), &chain, &error), 0,
                     "%s, seed %llu: %s", journey->name, (unsigned long long)seed, error.sentence);
        trip_untag();
        cr_assert_eq(before.count, after.count);
        cr_assert_eq(before.record_count, after.record_count);
        cr_assert_eq(after.reserved, before.record_count);
        difference = journey->differs(&before, &after);
        cr_assert_null(difference, "%s, seed %llu: %s", journey->name, (unsigned long long)seed,
                       difference);
        record_trip(journey, &after, seed, &second);
        cr_assert(recordings_agree(&first, &second), "%s, seed %llu: other bytes are sent",
                  journey->name, (unsigned long long)seed);
        free_recording(&first);
        free_recording(&second);
        trip_forget();
}

LeakTest(bindings, random_structs_arrive_with_their_values_and_leave_as_the_same_bytes)
{
        uint64_t first = draw_setting("EKIDEN_SEED", 1);

        for (const struct journey *journey = journeys; journey->name; journey++)
                for (uint64_t i = 0; i < 40; i++)
                        expect_trip(journey, first + i);
}
