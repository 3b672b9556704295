/* SPDX-License-Identifier: MIT */
/* When rounds go on, when the pause comes, when they are given up, and how much of the time they
   take. Costs are given, and not measured: so that how fast a machine is decides nothing here. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "handover/ahead_private.h"
#include "shelf.h"
#include "shelf_v1.native.c"
#include "state/native_state.h"

#define COST_NS 1000 /* of a change, on each side */
#define TOGETHER_NS (2 * COST_NS)
#define PAUSE_NS ((uint64_t)40 * EK_NS_PER_MS) /* 20,000 changes */

static struct ek_ahead ahead;
static struct ekiden_error error;

static uint64_t scan(uint64_t position, struct book **entries, size_t room, size_t *ret_count,
                     void *data)
{
        (void)position;
        (void)entries;
        (void)room;
        (void)data;
        *ret_count = 0;
        return 0;
}

static struct book *find(const uint8_t *key, size_t key_size, void *data)
{
        (void)key;
        (void)key_size;
        (void)data;
        return NULL;
}

static const struct shelf_v1_books_functions functions = {.scan = scan, .find = find};

static void begin_with(size_t changes_max)
{
        const struct ekiden_item *item = ekiden_schema_item(&shelf_v1, "books");
        const struct ek_tagged tagged = {
                .item = *item,
                .name = "books",
                .natives = &shelf_v1_natives,
                .native = shelf_v1_natives.by_item[item - shelf_v1.items],
                .binding = &ek_native_binding,
                .container = &shelf_v1_container_books,
                .container_functions = &functions,
                .is_plain = true,
        };

        error = (struct ekiden_error){0};
        ahead = (struct ek_ahead){.count = 1, .pause_ns = PAUSE_NS, .least_rest = UINT64_MAX};
        cr_assert_eq(ek_tagged_add(&tagged), 0);
        cr_assert_eq(
                ek_ahead_export_new(ek_tagged_find("books"), changes_max, &ahead.items[0], NULL),
                0);
        cr_assert_eq(ek_ahead_export_begin(ahead.items[0], &ahead.outbox, NULL), 0);
        cr_assert_eq(ek_ahead_export_step(ahead.items[0], &ahead.outbox, NULL), 0);
}

static void begin(void)
{
        begin_with(64 << 20);
}

static void end(void)
{
        ahead.items[0] = ek_ahead_export_free(ahead.items[0]);
        ek_outbox_deinit(&ahead.outbox);
        ek_tagged_remove("books");
}

static void change(uint64_t first, uint64_t changes)
{
        const struct ekiden_item *books = ekiden_schema_item(&shelf_v1, "books");

        for (uint64_t i = first; i < first + changes; i++) {
                char key[32];

                snprintf(key, sizeof(key), "book %llu", (unsigned long long)i);
                ekiden_touch_text(books, key);
        }
}

/* What is decided when so many keys have changed since the last round began. */
static int decide_after(uint64_t changes)
{
        int r;

        change(0, changes);
        cr_assert_eq(ek_ahead_rest_of(&ahead), changes);
        ahead.own_ns = ahead.their_ns = COST_NS * (ahead.own_number = ahead.their_number = 100);
        r = ek_ahead_decide(&ahead, &error);
        for (int left = r == 0; left > 0;) { /* the round that has begun is sent */
                left = ek_ahead_export_step(ahead.items[0], &ahead.outbox, NULL);
                cr_assert_geq(left, 0);
                ek_ahead_export_close(ahead.items[0], &ahead.outbox);
                ahead.outbox.start = ahead.outbox.end = 0;
        }
        return r;
}

TestSuite(rounds, .init = begin, .fini = end, .timeout = 60);

Test(rounds, go_on_while_each_leaves_half_although_the_pause_has_room)
{
        cr_assert_eq(decide_after(10000), 0, "all of it fits the pause");
        cr_assert_eq(decide_after(5000), 0);
        cr_assert_eq(decide_after(2500), 0);
        cr_assert_eq(decide_after(1251), 1, "that is more than half");
        cr_assert_eq(ahead.rounds, 3);
        cr_assert_not(ahead.is_outrun);
}

Test(rounds, end_where_what_is_left_is_a_twentieth_of_the_pause)
{
        cr_assert_eq(decide_after(10000), 0);
        cr_assert_eq(decide_after(PAUSE_NS / TOGETHER_NS / 20), 1);
        cr_assert_eq(ahead.rounds, 1);
}

Test(rounds, are_none_where_hardly_anything_has_changed)
{
        cr_assert_eq(decide_after(PAUSE_NS / TOGETHER_NS / 20), 1);
        cr_assert_eq(ahead.rounds, 0);
}

Test(rounds, go_on_where_the_pause_has_no_room_until_they_have_been_in_vain)
{
        const uint64_t too_many = PAUSE_NS / TOGETHER_NS + 1000;

        cr_assert_eq(decide_after(too_many), 0);
        cr_assert_eq(decide_after(too_many), 0);
        cr_assert_eq(decide_after(too_many), 0);
        cr_assert_eq(decide_after(too_many), 1, "the operator set no bound: a longer pause");
        cr_assert(ahead.is_outrun);
        cr_assert_eq(ahead.rounds, 3);
}

Test(rounds, that_were_in_vain_call_it_off_where_the_operator_allows_no_such_pause)
{
        const uint64_t too_many = PAUSE_NS / TOGETHER_NS + 1000;

        ahead.max_pause_ns = PAUSE_NS;
        for (int i = 0; i < 3; i++)
                cr_assert_eq(decide_after(too_many), 0);
        cr_assert_eq(decide_after(too_many), EKIDEN_ELIMIT);
        cr_assert_not_null(strstr(error.sentence, "after 3 rounds 21000 keys"), "%s",
                           error.sentence);
        cr_assert_not_null(strstr(error.sentence, "42.0 ms"), "%s", error.sentence);
}

/* How much of the time is taken at least, when so much of the memory for keys is filled. */
static double least_share_at(double fill)
{
        static uint64_t number;

        while (ek_ahead_export_fill(ahead.items[0]) < fill)
                change(number++, 1);
        ek_ahead_keep_up(&ahead);
        return ahead.pace.least;
}

Test(rounds, take_more_of_the_time_where_keys_fill_their_memory)
{
        double least;

        end();
        begin_with(4 << 20);
        ek_pace_init(&ahead.pace, EK_NS_PER_MS);
        least = ahead.pace.least;
        cr_assert_eq(least_share_at(0.5), least, "so far changes wait until the pass sends them");
        cr_assert_gt(least_share_at(0.63), least);
        least = ahead.pace.least;
        cr_assert_eq(least_share_at(0.7), least, "once each");
        cr_assert_gt(least_share_at(0.76), least);
        cr_assert_leq(least_share_at(0.99), 0.5, "the program has half of its time");
        cr_assert_eq(ek_ahead_export_step(ahead.items[0], &ahead.outbox, &error), 0, "%s",
                     error.sentence);
}
