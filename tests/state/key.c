/* SPDX-License-Identifier: MIT */
/* A record that is refused can be found in the program: the sentence names its key. */
#include "state/key.h"

#include <stdlib.h>
#include <string.h>

#include "graph.h"

static const struct ekiden_item numbers = {
        .message = &(struct ekiden_message){.descriptor = &graph__v1__numbers__descriptor}};

/* What becomes of a sentence about record 3. */
static const char *named(const char *sentence, unsigned int key, const ProtobufCMessage *record)
{
        static struct ekiden_error error;
        struct ekiden_item item = numbers;

        item.key = key;
        error = (struct ekiden_error){.code = 0};
        ekiden_error_set(&error, EKIDEN_EREFUSED, "%s", sentence);
        ek_name_key(&error, 3, &item, record);
        return error.sentence;
}

Test(key, number_stands_behind_the_records)
{
        Graph__V1__Numbers record = GRAPH__V1__NUMBERS__INIT;

        record.has_one_int32 = record.has_one_uint64 = record.has_one_double = 1;
        record.one_int32 = -17;
        record.one_uint64 = UINT64_MAX;
        cr_expect_str_eq(named("record 3: it is full", 1, &record.base),
                         "record 3 (one_int32 -17): it is full");
        cr_expect_str_eq(named("the program refused record 3", 9, &record.base),
                         "the program refused record 3 (one_uint64 18446744073709551615)");
        cr_expect_str_eq(named("record 31 and record 3: no", 1, &record.base),
                         "record 31 and record 3 (one_int32 -17): no");
        cr_expect_str_eq(named("record 3 (one_int32 5): no", 1, &record.base),
                         "record 3 (one_int32 5): no", "once is enough");
        cr_expect_str_eq(named("the other went away", 1, &record.base), "the other went away");
}

Test(key, that_is_none_or_absent_is_not_named)
{
        Graph__V1__Numbers record = GRAPH__V1__NUMBERS__INIT;

        cr_expect_str_eq(named("record 3: no", 0, &record.base), "record 3: no");
        cr_expect_str_eq(named("record 3: no", 1, &record.base), "record 3: no");
        cr_expect_str_eq(named("record 3: no", 13, &record.base), "record 3: no");
        cr_expect_str_eq(named("record 3: no", 21, &record.base), "record 3: no", "it is repeated");
        cr_expect_str_eq(named("record 3: no", 999, &record.base), "record 3: no");
}

Test(key, short_text_is_shown_and_nothing_else)
{
        static const char *const hidden[] = {"a text of forty-one bytes is not shown ..",
                                             "two\nlines", "\"", "\x7f", NULL};
        Graph__V1__Plain record = GRAPH__V1__PLAIN__INIT;

        record.text = (char *)(uintptr_t) "bob";
        cr_expect_str_eq(named("record 3: no", 2, &record.base), "record 3 (text \"bob\"): no");
        for (size_t i = 0; i < 5; i++) {
                record.text = (char *)(uintptr_t)hidden[i];
                cr_expect_str_eq(named("record 3: no", 2, &record.base), "record 3: no");
        }
}

Test(key, bytes_that_are_short_text_are_shown_and_nothing_else)
{
        static const struct {
                const char *data;
                size_t size;
        } hidden[] = {{NULL, 0},
                      {NULL, 3},
                      {"", 0},
                      {"a\0b", 3},
                      {"\xc3", 1},
                      {"\"", 1},
                      {"a text of forty-one bytes is not shown ..", 41}};
        Graph__V1__Parts record = GRAPH__V1__PARTS__INIT;

        record.has_counted = 1;
        record.counted = (ProtobufCBinaryData){3, (uint8_t *)(uintptr_t) "bobby"};
        cr_expect_str_eq(named("record 3: no", 6, &record.base), "record 3 (counted \"bob\"): no");
        for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
                record.counted =
                        (ProtobufCBinaryData){hidden[i].size, (uint8_t *)(uintptr_t)hidden[i].data};
                cr_expect_str_eq(named("record 3: no", 6, &record.base), "record 3: no", "%zu", i);
        }
}

Test(key, sentence_that_is_full_is_cut_at_its_end)
{
        Graph__V1__Plain record = GRAPH__V1__PLAIN__INIT;
        char sentence[600] = "record 3 ";

        memset(sentence + 9, 'x', 590);
        record.has_key = 1;
        record.key = 7;
        cr_expect_eq(strlen(named(sentence, 1, &record.base)), 511);
        cr_expect_eq(strncmp(named(sentence, 1, &record.base), "record 3 (key 7) xxx", 20), 0);
}

static struct handover handover;
static struct bag bag, new_bag;

/* The text of the last is no UTF-8, or that of none. */
static void make_plains(bool is_bad)
{
        for (uint32_t i = 0; i < 3; i++) {
                struct plain *plain = allocate(sizeof(*plain));

                *plain = (struct plain){70 + i, strcpy(allocate(5), "text"), -1};
                if (is_bad && i == 2)
                        plain->text[0] = '\xff';
                bag_add(&bag, plain);
        }
        hand(&handover, "plains", &bag, &new_bag);
}

static void free_plains(void)
{
        for (size_t i = 0; i < bag.count; i++)
                free_native(&plain_native, bag.entries[i]);
        free(bag.entries);
        free(new_bag.entries);
        cr_assert_eq(live_allocations, 0);
}

LeakTest(key, of_a_struct_that_does_not_leave_is_named)
{
        make_plains(true);
        expect_no_export(&handover, "plains", "text",
                         "record 2 (key 72): field \"text\" is not UTF-8");
        free_plains();
}

LeakTest(key, of_a_struct_that_is_refused_is_named)
{
        make_plains(false);
        new_bag.refuse_at = 2;
        expect_no_handover(&handover, EKIDEN_EREFUSED, "record 1 (key 71): no room on the shelf");
        free_plains();
}

/* Such entries are given to the program at the item's end, when their records are gone. */
LeakTest(key, of_an_object_that_is_refused_is_named)
{
        struct entry entry = {.key = 12};

        bag_add(&bag, &entry);
        new_bag.refuse_at = 1;
        hand(&handover, "entries", &bag, &new_bag);
        expect_no_handover(&handover, EKIDEN_EREFUSED, "record 0 (key 12): no room on the shelf");
        free(bag.entries);
        free(new_bag.entries);
}
