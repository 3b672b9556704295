/* SPDX-License-Identifier: MIT */
/* What of a message another version can tell as well, where fields have no presence (proto3). */
#include "mask.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "letter.pb-c.h"

static Letter__Long inner;
static int64_t numbers[] = {1, -1};
static uint8_t content[] = {1, 2, 3};

static void set_number(Letter__Long *message)
{
        message->number = UINT32_MAX;
}
static void set_weight(Letter__Long *message)
{
        message->weight = 1.5;
}
static void set_flag(Letter__Long *message)
{
        message->flag = true;
}
static void set_text(Letter__Long *message)
{
        message->text = (char *)(uintptr_t) "text";
}
static void set_content(Letter__Long *message)
{
        message->content = (ProtobufCBinaryData){sizeof(content), content};
}
static void set_colour(Letter__Long *message)
{
        message->colour = LETTER__COLOUR__BLUE;
}
static void set_inner(Letter__Long *message)
{
        letter__long__init(&inner);
        message->inner = &inner;
}
static void set_numbers(Letter__Long *message)
{
        message->numbers = numbers;
        message->n_numbers = 2;
}
static void set_one(Letter__Long *message)
{
        message->choice_case = LETTER__LONG__CHOICE_ONE;
        message->one = 7;
}
static void set_other(Letter__Long *message)
{
        message->choice_case = LETTER__LONG__CHOICE_OTHER;
        message->other = (char *)(uintptr_t) "other";
}

static void (*const setters[])(Letter__Long *message) = {
        set_number, set_weight, set_flag,    set_text, set_content,
        set_colour, set_inner,  set_numbers, set_one,  set_other,
};

/* Nothing is left but `kept`. */
static void expect_masked(Letter__Long *message)
{
        static const uint8_t expected[] = {0x0a, 4, 'k', 'e', 'p', 't'};
        uint8_t packed[sizeof(expected)];

        cr_assert(ek_mask(&message->base, &letter__short__descriptor));
        cr_assert_eq(message->base.descriptor, &letter__long__descriptor);
        cr_assert_eq(letter__long__get_packed_size(message), sizeof(expected));
        letter__long__pack(message, packed);
        cr_expect_arr_eq(packed, expected, sizeof(expected));
}

Test(mask, clears_each_field_that_the_other_does_not_have)
{
        for (size_t i = 0; i < sizeof(setters) / sizeof(setters[0]); i++) {
                Letter__Long message = LETTER__LONG__INIT;

                message.kept = (char *)(uintptr_t) "kept";
                setters[i](&message);
                expect_masked(&message);
        }
}

Test(mask, leaves_what_both_have_and_says_so)
{
        Letter__Short message = LETTER__SHORT__INIT;

        message.kept = (char *)(uintptr_t) "kept";
        cr_expect_not(ek_mask(&message.base, &letter__long__descriptor));
        cr_expect_str_eq(message.kept, "kept");
        cr_expect_not(ek_mask(&message.base, &letter__short__descriptor));
}
