/* SPDX-License-Identifier: MIT */
/*
 * The store's table: it has what was put into it, and its scan gives what it promises, whatever the
 * table becomes meanwhile.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "table.h"
#include "text.h"

#define NUMBERS 20000
#define SEED 20110613

struct number {
        uint32_t number;
        bool is_in;
        unsigned int seen;
};

static const struct hash_seed seed = {1, 2};
static struct number numbers[NUMBERS];
static struct table table;
static uint64_t mask; /* of hashes: few bits make many of them the same */
static uint64_t random_state = SEED;

static uint32_t draw(uint32_t limit)
{
        random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (uint32_t)((random_state >> 33) % limit);
}

static uint64_t hash_of(uint32_t number)
{
        return hash_bytes(&seed, &number, sizeof(number)) & mask;
}

static uint64_t hash(const void *entry, const void *data)
{
        (void)data;
        return hash_of(((const struct number *)entry)->number);
}

static bool has_key(const void *entry, const void *key)
{
        return ((const struct number *)entry)->number == *(const uint32_t *)key;
}

static const struct table_kind kind = {.hash = hash, .has_key = has_key};

static void begin_with(uint64_t hash_mask)
{
        mask = hash_mask;
        for (uint32_t i = 0; i < NUMBERS; i++)
                numbers[i] = (struct number){.number = i};
        cr_assert(table_init(&table, &kind, NULL));
}

static void begin(void)
{
        begin_with(UINT64_MAX);
}

static void end(void)
{
        table_deinit(&table);
}

static void insert(uint32_t i)
{
        void *replaced = &table;

        cr_assert(table_insert(&table, hash_of(i), &i, &numbers[i], &replaced));
        cr_assert_eq(replaced, numbers[i].is_in ? &numbers[i] : NULL);
        numbers[i].is_in = true;
}

static void take_out(uint32_t i)
{
        if (i % 2)
                cr_assert_eq(table_remove(&table, hash_of(i), &i),
                             numbers[i].is_in ? &numbers[i] : NULL);
        else
                cr_assert_eq(table_remove_entry(&table, hash_of(i), &numbers[i]), numbers[i].is_in);
        numbers[i].is_in = false;
}

static void expect_all(void)
{
        uint64_t count = 0;

        for (uint32_t i = 0; i < NUMBERS; i++) {
                count += numbers[i].is_in;
                cr_assert_eq(table_find(&table, hash_of(i), &i),
                             numbers[i].is_in ? &numbers[i] : NULL, "number %u", i);
        }
        cr_assert_eq(table.count, count);
}

Test(kv_table, has_what_was_put_in_and_not_taken_out, .init = begin, .fini = end)
{
        for (unsigned int round = 0; round < 12; round++) {
                for (unsigned int i = 0; i < NUMBERS; i++) {
                        uint32_t number = draw(NUMBERS);

                        if (draw(8) < (round % 4 < 2 ? 7 : 1))
                                insert(number);
                        else
                                take_out(number);
                }
                expect_all();
        }
        for (uint32_t i = 0; i < NUMBERS; i++)
                take_out(i);
        expect_all();
        cr_assert_eq(table.bucket_count, 16, "it did not shrink");
}

Test(kv_table, works_with_a_hash_that_is_bad, .fini = end)
{
        begin_with(0x0f00000000000003);
        for (uint32_t i = 0; i < 500; i++)
                insert(i);
        for (uint32_t i = 0; i < 400; i++)
                take_out(draw(500));
        expect_all();
}

Test(kv_table, puts_an_entry_in_the_place_of_another, .init = begin, .fini = end)
{
        struct number other = {.number = 7};
        uint32_t seven = 7;
        void *replaced;

        insert(7);
        cr_assert(table_insert(&table, hash_of(7), &seven, &other, &replaced));
        cr_assert_eq(replaced, &numbers[7]);
        cr_assert_eq(table_find(&table, hash_of(7), &seven), &other);
        cr_assert_eq(table.count, 1);
        cr_assert_not(table_remove_entry(&table, hash_of(7), &numbers[7]));
}

Test(kv_table, makes_room_ahead, .init = begin, .fini = end)
{
        uint64_t buckets;

        table_reserve(&table, NUMBERS);
        buckets = table.bucket_count;
        cr_assert_geq(buckets, NUMBERS / 7);
        for (uint32_t i = 0; i < NUMBERS; i++)
                insert(i);
        cr_assert_eq(table.bucket_count, buckets, "it grew all the same");
        expect_all();
        table_reserve(&table, UINT64_MAX);
        expect_all();
}

Test(kv_table, believes_no_count_that_is_absurd, .init = begin, .fini = end)
{
        table_reserve(&table, UINT64_MAX);
        table_reserve(&table, UINT64_C(1) << 50);
        insert(1);
        expect_all();
}

static void forget(void *entry, void *data)
{
        struct number *number = entry;

        cr_assert_eq(data, &table);
        cr_assert(number->is_in, "twice");
        number->is_in = false;
}

Test(kv_table, is_empty_when_cleared, .init = begin, .fini = end)
{
        for (uint32_t i = 0; i < NUMBERS; i++)
                insert(i);
        table_clear(&table, forget, &table);
        for (uint32_t i = 0; i < NUMBERS; i++)
                cr_assert_not(numbers[i].is_in, "nobody was told of it");
        expect_all();
        insert(1);
        expect_all();
}

/* Scans. */

static uint64_t scan_some(uint64_t position, size_t room)
{
        void *entries[64];
        size_t count;

        memset(entries, 0, sizeof(entries));
        position = table_scan(&table, position, entries, room, &count);
        cr_assert_leq(count, room);
        for (size_t i = 0; i < count; i++) {
                struct number *number = entries[i];

                cr_assert(number->is_in, "it gave what is not in it");
                number->seen++;
        }
        return position;
}

static void scan_all(size_t room)
{
        uint64_t position = 0;
        unsigned int steps = 0;

        for (uint32_t i = 0; i < NUMBERS; i++)
                numbers[i].seen = 0;
        do {
                cr_assert_lt(steps++, 10 * NUMBERS, "a scan does not end");
                position = scan_some(position, room);
        } while (position != 0);
        for (uint32_t i = 0; i < NUMBERS; i++)
                cr_assert_eq(numbers[i].seen, numbers[i].is_in, "number %u was given %u times", i,
                             numbers[i].seen);
}

Test(kv_table, a_scan_gives_all_once_whatever_the_room, .init = begin, .fini = end)
{
        for (uint32_t i = 0; i < NUMBERS; i += 3)
                insert(i);
        for (size_t room = 1; room <= 64; room++)
                scan_all(room);
}

Test(kv_table, a_scan_gives_all_once_whatever_the_size, .init = begin, .fini = end)
{
        for (uint32_t i = 0; i < 600; i++) {
                scan_all(1 + i % 64);
                insert(i);
        }
}

Test(kv_table, a_scan_with_a_bad_hash_ends_and_misses_nothing, .fini = end)
{
        uint64_t position = 0;
        unsigned int steps = 0;

        begin_with(0x0f0000000000ff00);
        for (uint32_t i = 0; i < 2000; i++)
                insert(i);
        do {
                cr_assert_lt(steps++, 20000, "a scan does not end");
                position = scan_some(position, 20);
        } while (position != 0);
        for (uint32_t i = 0; i < 2000; i++)
                cr_assert_gt(numbers[i].seen, 0);
}

/* The first half stays throughout; the other half comes and goes. */
static void scan_under_churn(unsigned int tendency)
{
        uint64_t position = 0;
        unsigned int step = 0;

        for (uint32_t i = 0; i < NUMBERS; i++)
                numbers[i].seen = 0;
        do {
                for (unsigned int i = 0; i < 200; i++) {
                        uint32_t number = NUMBERS / 8 + draw(NUMBERS - NUMBERS / 8);

                        if (tendency == 0 ? draw(2) : tendency == 1 || (step / 40) % 2)
                                insert(number);
                        else
                                take_out(number);
                }
                position = scan_some(position, 1 + draw(64));
                cr_assert_lt(step++, NUMBERS, "a scan does not end");
        } while (position != 0);
        for (uint32_t i = 0; i < NUMBERS / 8; i++)
                cr_assert_gt(numbers[i].seen, 0, "number %u was missed, tendency %u", i, tendency);
}

Test(kv_table, a_scan_misses_nothing_that_stays_while_the_table_grows_and_shrinks, .init = begin,
     .fini = end)
{
        for (uint32_t i = 0; i < NUMBERS / 8; i++)
                insert(i);
        for (unsigned int round = 0; round < 40; round++)
                scan_under_churn(round % 4);
        expect_all();
}

/* Texts. */

static struct text text(const char *characters)
{
        return text_of(characters);
}

Test(kv_text, patterns_match_as_shells_do)
{
        static const char *const matching[][2] = {
                {"", ""},         {"", "*"},          {"a", "*"},         {"abc", "a*c"},
                {"abc", "a?c"},   {"abc", "[a-c]bc"}, {"abc", "[c-a]bc"}, {"abc", "[^x]bc"},
                {"a*c", "a\\*c"}, {"a]c", "a[\\]]c"}, {"aXbXc", "a*b*c"}, {"a", "**a**"},
                {"ab", "a[b"},    {"a\\", "a\\"},
        };
        static const char *const others[][2] = {
                {"", "?"},        {"a", ""},         {"abc", "a"}, {"abc", "[^a]bc"},
                {"abc", "a\\*c"}, {"aXbX", "a*b*c"}, {"a", "[]"},
        };

        for (size_t i = 0; i < sizeof(matching) / sizeof(matching[0]); i++)
                cr_expect(text_matches(text(matching[i][0]), text(matching[i][1])),
                          "\"%s\" and \"%s\"", matching[i][0], matching[i][1]);
        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
                cr_expect_not(text_matches(text(others[i][0]), text(others[i][1])),
                              "\"%s\" and \"%s\"", others[i][0], others[i][1]);
}

Test(kv_text, a_pattern_of_many_stars_takes_no_long_time, .timeout = 20)
{
        static char stars[20001], letters[20001];

        for (size_t i = 0; i < 20000; i++) {
                stars[i] = i % 2 ? 'a' : '*';
                letters[i] = 'a';
        }
        stars[19999] = 'b';
        cr_assert_not(text_matches(text(letters), text(stars)));
}

Test(kv_text, hash_is_siphash_1_3)
{
        /* By another implementation, which has the authors' vectors of SipHash-2-4 right. */
        const struct hash_seed key = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};
        uint8_t bytes[64];

        for (uint8_t i = 0; i < sizeof(bytes); i++)
                bytes[i] = i;
        cr_assert_eq(hash_bytes(&key, bytes, 0), UINT64_C(0xabac0158050fc4dc));
        cr_assert_eq(hash_bytes(&key, bytes, 1), UINT64_C(0xc9f49bf37d57ca93));
        cr_assert_eq(hash_bytes(&key, bytes, 8), UINT64_C(0x369095118d299a8e));
        cr_assert_eq(hash_bytes(&key, bytes, 63), UINT64_C(0x9d199062b7bbb3a8));
}
