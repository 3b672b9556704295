/* SPDX-License-Identifier: MIT */
/* The entries of a container on their way out: as many ahead as are wanted, all of them once. */
#include "state/walk.h"

#include "open_descriptors.h"
#include "state/tagged.h"

#define MANY 1000

static char memory[MANY];

/* A container of the first `count` bytes of `memory`. */
struct crate {
        size_t count;
        size_t refuses_at; /* next() does, for this record; 0: never */
        size_t circles_at; /* next() gives the one before again, scan() stays where it is */
        size_t step; /* of scan() */
        size_t excess; /* entries that scan() would give beyond its room */
        bool is_lumpy; /* scan() gives as many as `step`, or none */
};

static void *next(const void *functions, void *previous, struct ekiden_cursor *cursor, void *data)
{
        const struct crate *crate = data;

        (void)functions;
        cr_assert_eq(previous, cursor->record > 0 ? &memory[cursor->record - 1] : NULL);
        cursor->position = &memory[cursor->record];
        if (crate->refuses_at > 0 && cursor->record == crate->refuses_at) {
                ekiden_cursor_refuse(cursor, "it is torn");
                return NULL;
        }
        if (crate->circles_at > 0 && cursor->record == crate->circles_at)
                return previous;
        return cursor->record < crate->count ? &memory[cursor->record] : NULL;
}

static uint64_t scan(const void *functions, uint64_t position, void **entries, size_t room,
                     size_t *ret_count, void *data)
{
        const struct crate *crate = data;
        size_t count = 0;

        (void)functions;
        cr_assert_geq(room, EKIDEN_SCAN_ROOM);
        *ret_count = 0;
        if (crate->circles_at > 0 && position == crate->circles_at)
                return position;
        if (crate->is_lumpy && crate->step > room) {
                *ret_count = crate->step;
                return position;
        }
        for (; count < crate->step && count < room && position + count < crate->count; count++)
                entries[count] = &memory[position + count];
        *ret_count = count + (crate->excess > 0 ? room : 0) + crate->excess;
        position += crate->step;
        return position < crate->count ? position : 0;
}

static const struct ekiden_container by_next = {.next = next};
static const struct ekiden_container by_scan = {.scan = scan};

static int walk_all(const struct ekiden_container *container, struct crate *crate, size_t ahead,
                    size_t *ret_count, struct ekiden_error *error)
{
        struct ek_tagged tagged = {.name = "crate", .container = container, .data = crate};
        struct ekiden_cursor cursor = {.error = error};
        struct ek_walk walk = {.count = 0};
        void *entry;
        int r;

        *error = (struct ekiden_error){0};
        for (;; cursor.record++) {
                ek_walk_fill(&walk, &tagged, &cursor, ahead);
                r = ek_walk_next(&walk, &tagged, &cursor, &entry);
                if (r < 0 || !entry)
                        break;
                cr_assert_eq(entry, &memory[cursor.record]);
        }
        ek_walk_end(&walk);
        *ret_count = (size_t)cursor.record;
        return r;
}

LeakTest(walk, each_entry_comes_once_and_in_its_turn)
{
        struct ekiden_error error;
        size_t count;

        for (size_t ahead = 1; ahead <= EK_WALK_AHEAD; ahead += 13)
                for (size_t entries = 0; entries < 300; entries += 7) {
                        struct crate crate = {.count = entries, .step = ahead % 64 + 1};

                        cr_assert_eq(walk_all(&by_next, &crate, ahead, &count, &error), 0);
                        cr_assert_eq(count, entries);
                        cr_assert_eq(walk_all(&by_scan, &crate, ahead, &count, &error), 0);
                        cr_assert_eq(count, entries);
                }
}

LeakTest(walk, what_goes_wrong_ahead_is_told_when_its_turn_has_come)
{
        struct crate crate = {.count = MANY, .refuses_at = 30};
        struct ekiden_error error;
        size_t count;

        cr_assert_eq(walk_all(&by_next, &crate, EK_WALK_AHEAD, &count, &error), EKIDEN_EREFUSED);
        cr_assert_eq(count, 30, "those before it came");
        cr_assert_str_eq(error.sentence, "record 30: it is torn");
}

LeakTest(walk, container_that_goes_round_in_a_circle_is_refused)
{
        struct crate crate = {.count = MANY, .circles_at = 30};
        struct ekiden_error error;
        size_t count;

        cr_assert_eq(walk_all(&by_next, &crate, EK_WALK_AHEAD, &count, &error), EKIDEN_EREFUSED);
        cr_assert_not_null(strstr(error.sentence, "twice"), "%s", error.sentence);
        cr_assert_eq(count, 30);
        crate = (struct crate){.count = MANY, .step = 20, .circles_at = 40};
        cr_assert_eq(walk_all(&by_scan, &crate, 1, &count, &error), EKIDEN_EREFUSED);
        cr_assert_not_null(strstr(error.sentence, "the position that it was given"), "%s",
                           error.sentence);
        cr_assert_eq(count, 40);
}

LeakTest(walk, entries_that_lie_together_are_given_room_for_as_many_as_there_are)
{
        for (size_t step = 50; step <= MANY; step += 50)
                for (size_t ahead = 1; ahead <= EK_WALK_AHEAD; ahead += 47) {
                        struct crate crate = {.count = MANY, .step = step, .is_lumpy = true};
                        struct ekiden_error error;
                        size_t count;

                        cr_assert_eq(walk_all(&by_scan, &crate, ahead, &count, &error), 0, "%s",
                                     error.sentence);
                        cr_assert_eq(count, MANY);
                }
}

LeakTest(walk, scan_that_asks_for_ever_more_room_is_refused)
{
        struct crate crate = {.count = MANY, .step = 10, .excess = 1};
        struct ekiden_error error;
        size_t count;

        cr_assert_eq(walk_all(&by_scan, &crate, 1, &count, &error), EKIDEN_EREFUSED);
        cr_assert_not_null(strstr(error.sentence, "the most"), "%s", error.sentence);
        cr_assert_eq(count, 0);
}
