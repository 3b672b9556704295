/* SPDX-License-Identifier: MIT */
/*
 * A container that lacks a function which its item cannot do without: the tag function refuses it,
 * and the log names what is missing.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include <ekiden/ekiden.h>

#include "shelf.h"
#include "shelf_v1.native.h"

static char logged[256];
static enum ekiden_log_level level_of_it;

static int insert(struct book *book, struct ekiden_cursor *cursor, void *data)
{
        (void)book;
        (void)cursor;
        (void)data;
        return 0;
}

static bool take_out(struct book *book, void *data)
{
        (void)book;
        (void)data;
        return false;
}

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

static const struct shelf_v1_books_functions whole = {
        .insert = insert, .remove = take_out, .scan = scan, .find = find};

static void note(void *data, enum ekiden_log_level level, const char *message)
{
        (void)data;
        level_of_it = level;
        snprintf(logged, sizeof(logged), "%s", message);
}

static void begin(void)
{
        ekiden_set_log(note, NULL);
}

static void expect_named(int result, const char *sentence)
{
        cr_assert_eq(result, EKIDEN_EINVAL);
        cr_assert_str_eq(logged, sentence);
        cr_assert_eq(level_of_it, EKIDEN_LOG_ERROR);
}

TestSuite(lacking, .init = begin, .timeout = 30);

Test(lacking, function_of_what_is_sent_ahead_is_named)
{
        struct shelf_v1_books_functions functions = whole;

        functions.find = NULL;
        expect_named(shelf_v1_tag_books(&functions, NULL),
                     "item \"books\" is sent ahead: its functions lack find");
        functions = whole;
        functions.scan = NULL;
        expect_named(shelf_v1_tag_books(&functions, NULL),
                     "item \"books\" is sent ahead: its functions lack scan");
        functions = whole;
        functions.remove = NULL;
        expect_named(shelf_v1_tag_books(&functions, NULL),
                     "item \"books\" is sent ahead: its functions lack remove");
        functions = whole;
        functions.insert = NULL;
        expect_named(shelf_v1_tag_books(&functions, NULL),
                     "item \"books\" is sent ahead: its functions lack insert");
}

Test(lacking, functions_are_all_named)
{
        expect_named(shelf_v1_tag_books(NULL, NULL), "item \"books\" is sent ahead: its functions "
                                                     "lack insert, scan, find, remove");
        expect_named(shelf_v1_tag_copies(NULL, NULL),
                     "item \"copies\": its functions lack insert, next or scan");
}

Test(lacking, function_of_what_crosses_in_the_pause_is_named)
{
        const struct shelf_v1_copies_functions neither = {.insert = insert, .remove = take_out};
        const struct shelf_v1_copies_functions one_way = {.scan = scan};

        expect_named(shelf_v1_tag_copies(&neither, NULL),
                     "item \"copies\": its functions lack next or scan");
        expect_named(shelf_v1_tag_copies(&one_way, NULL),
                     "item \"copies\": its functions lack insert");
}

Test(lacking, nothing_that_is_needed_is_no_matter_of_the_log)
{
        const struct shelf_v1_copies_functions enough = {.insert = insert, .scan = scan};

        /* The program has not started. */
        cr_assert_eq(shelf_v1_tag_books(&whole, NULL), EKIDEN_ESTATE);
        cr_assert_eq(shelf_v1_tag_copies(&enough, NULL), EKIDEN_ESTATE);
        cr_assert_str_empty(logged);
}
