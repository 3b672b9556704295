/* SPDX-License-Identifier: MIT */
/*
 * A program that changes its books and loans at random, while they are sent ahead. A successor
 * compares what came ahead with copies that came in the pause, and refuses if they differ: so an
 * upgrade that succeeds has lost nothing. VERSION is set by meson.build.
 *
 * usage: shelf [records=N] [changes=N] [sleep_us=N] [budget_us=N] [memory=BYTES] [title=BYTES]
 *              [start_ms=N] [fault=NAME]
 *
 * changes are made between two passes of the update point; titles are shorter than that; it starts
 * that late; faults are
 *     forget     one change in 64 is not told of
 *     slow       the successor takes its time when the first pass is in
 *     stuck      it takes half a minute
 *     alone      there are no copies: nothing is compared, and little is done in the pause
 *     first      copies are tagged first of what is not sent ahead
 *     uncounted  it does not say how many copies there are
 *     late       loans are tagged behind what is not sent ahead
 *     expire     scan() takes out an entry, and tells of that
 *     untag      books are untagged and tagged again when an upgrade is under way
 *     balk       books alone are tagged, and those that come behind that are refused
 *     curious    insert() asks where it was resumed, and so does the successor ahead of the ledger
 *     rekey, twice, drop   of version 2: what the transformer does to some records
 *     die_first, die_rounds   the successor ends when it has the first pass, or in the pause
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <ekiden/ekiden.h>

#include "shelf.h"

#if VERSION == 1
#include "shelf_v1.native.h"
#define SHELF(name) shelf_v1_##name
#define SHELF_SCHEMA shelf_v1
#else
#include "shelf_v1_to_v2.hop.h"
#include "shelf_v2.native.h"
#define SHELF(name) shelf_v2_##name
#define SHELF_SCHEMA shelf_v2
#endif

#define LOANS 64
#define KEY_MAX 32

static struct {
        unsigned long records, changes, sleep_us, budget_us, memory, title, start_ms;
        const char *fault;
} settings = {.records = 2000,
              .changes = 20,
              .sleep_us = 200,
              .budget_us = 2000,
              .title = 40,
              .fault = ""};

static struct shelf books, copies;
static struct loan *loans[LOANS];
static struct ledger ledger;
static bool is_tagged; /* all is that should be */

static bool has_fault(const char *name)
{
        return strcmp(settings.fault, name) == 0;
}

static uint64_t draw(uint64_t below)
{
        ledger.random ^= ledger.random << 13; /* xorshift64, Marsaglia 2003 */
        ledger.random ^= ledger.random >> 7;
        ledger.random ^= ledger.random << 17;
        return ledger.random % below;
}

static void touch_book(const uint8_t *key, size_t size)
{
        if (!has_fault("forget") || draw(64) != 0)
                SHELF(touch_books)(key, size);
}

static struct book *new_book(const char *key)
{
        struct book *book = calloc(1, sizeof(*book));
        size_t length = (size_t)draw(settings.title);

        book->key = (uint8_t *)strdup(key);
        book->key_size = (uint32_t)strlen(key);
        book->value = (uint32_t)draw(UINT32_MAX);
        book->doubled = VERSION == 1 ? 0 : 2 * (uint64_t)book->value;
        book->title = length == 0 ? NULL : malloc(length + 1);
        if (book->title)
                memset(book->title, 'a' + (int)draw(26), length);
        if (book->title)
                book->title[length] = '\0';
        return book;
}

static void change_book(void)
{
        char key[KEY_MAX];
        struct book *book;

        snprintf(key, sizeof(key), "book %llu", (unsigned long long)draw(2 * settings.records + 1));
        book = shelf_find(&books, (const uint8_t *)key, strlen(key));
        if (book && draw(3) == 0) {
                touch_book(book->key, book->key_size);
                shelf_take_out(&books, book);
                book_free(book);
        } else if (book && draw(2) == 0) {
                book->value = (uint32_t)draw(UINT32_MAX);
                book->doubled = VERSION == 1 ? 0 : 2 * (uint64_t)book->value;
                touch_book(book->key, book->key_size);
        } else {
                shelf_put(&books, new_book(key));
                touch_book((const uint8_t *)key, strlen(key));
        }
        ledger.changes++;
}

static void change_loan(void)
{
        size_t i = (size_t)draw(LOANS);

        if (loans[i] && draw(2) == 0) {
                ledger.due_sum -= loans[i]->due;
                free(loans[i]);
                loans[i] = NULL;
        } else {
                if (!loans[i])
                        loans[i] = calloc(1, sizeof(*loans[i]));
                ledger.due_sum -= loans[i]->due;
                loans[i]->number = (int32_t)i - LOANS / 2;
                loans[i]->due = draw(1000000);
                ledger.due_sum += loans[i]->due;
        }
        SHELF(touch_loans)((int32_t)i - LOANS / 2);
}

/* Books and copies of them. */

static uint64_t count_books(void *data)
{
        return ((const struct shelf *)data)->count;
}

static struct book *next_book(struct book *previous, struct ekiden_cursor *cursor, void *data)
{
        (void)cursor;
        return shelf_next(data, previous);
}

static int insert_book(struct book *book, struct ekiden_cursor *cursor, void *data)
{
        if (has_fault("curious") &&
            (ekiden_resumed_at("no such") || ekiden_untag("no such") != EKIDEN_ESTATE))
                return ekiden_cursor_refuse(cursor, "it is in a callback");
        if (has_fault("balk") && is_tagged)
                return ekiden_cursor_refuse(cursor, "it comes too late");
        shelf_put(data, book);
        return 0;
}

static bool remove_book(struct book *book, void *data)
{
        return shelf_take_out(data, book);
}

static uint64_t scan_books(uint64_t position, struct book **entries, size_t room, size_t *ret_count,
                           void *data)
{
        struct book *first = shelf_next(data, NULL);

        if (has_fault("expire") && position == 0 && first) {
                SHELF(touch_books)(first->key, first->key_size);
                shelf_take_out(data, first);
                book_free(first);
        }
        return shelf_scan(data, position, entries, room, ret_count);
}

static struct book *find_book(const uint8_t *key, size_t key_size, void *data)
{
        return shelf_find(data, key, key_size);
}

static const struct SHELF(books_functions) books_functions = {
        .count = count_books,
        .next = next_book,
        .insert = insert_book,
        .remove = remove_book,
        .scan = scan_books,
        .find = find_book,
};

/* In the predecessor copies are the books themselves. */
static struct book *next_copy(struct book *previous, struct ekiden_cursor *cursor, void *data)
{
        (void)cursor;
        (void)data;
        return shelf_next(&books, previous);
}

static uint64_t count_copies(void *data)
{
        (void)data;
        return has_fault("uncounted") ? UINT64_MAX : books.count;
}

static const struct SHELF(copies_functions) copies_functions = {
        .count = count_copies,
        .next = next_copy,
        .insert = insert_book,
};

/* Loans, in an array. */

static struct loan *next_loan(struct loan *previous, struct ekiden_cursor *cursor, void *data)
{
        size_t i = previous ? (size_t)(previous->number + LOANS / 2) + 1 : 0;

        (void)cursor;
        (void)data;
        while (i < LOANS && !loans[i])
                i++;
        return i < LOANS ? loans[i] : NULL;
}

static int insert_loan(struct loan *loan, struct ekiden_cursor *cursor, void *data)
{
        size_t i = (size_t)(loan->number + LOANS / 2);

        (void)data;
        if (i >= LOANS)
                return ekiden_cursor_refuse(cursor, "there is no loan %d", loan->number);
        free(loans[i]);
        loans[i] = loan;
        return 0;
}

static bool remove_loan(struct loan *loan, void *data)
{
        size_t i = (size_t)(loan->number + LOANS / 2);

        (void)data;
        if (i >= LOANS || loans[i] != loan)
                return false;
        loans[i] = NULL;
        return true;
}

static uint64_t scan_loans(uint64_t position, struct loan **entries, size_t room, size_t *ret_count,
                           void *data)
{
        (void)data;
        for (*ret_count = 0; position < LOANS && *ret_count < room; position++)
                if (loans[position])
                        entries[(*ret_count)++] = loans[position];
        return position < LOANS ? position : 0;
}

static struct loan *find_loan(int32_t key, void *data)
{
        size_t i = (size_t)(key + LOANS / 2);

        (void)data;
        return i < LOANS ? loans[i] : NULL;
}

static const struct SHELF(loans_functions) loans_functions = {
        .next = next_loan,
        .insert = insert_loan,
        .remove = remove_loan,
        .scan = scan_loans,
        .find = find_loan,
};

#if VERSION == 2
int shelf_v1_to_v2_book(const Shelf__V1__Book *old, Shelf__V2__Book *new_, struct ekiden_hop *hop)
{
        new_->has_doubled = 1;
        new_->doubled = 2 * (uint64_t)old->value;
        if (has_fault("drop") && old->value % 5 == 0)
                ekiden_hop_drop(hop);
        if (has_fault("rekey") && old->value % 256 == 0)
                new_->key = (ProtobufCBinaryData){5, (uint8_t *)(uintptr_t) "other"};
        if (has_fault("twice") && old->value % 256 == 0)
                return ekiden_hop_emit(hop, &new_->base);
        return 0;
}

int shelf_v1_to_v2_copy(const Shelf__V1__Copy *old, Shelf__V2__Copy *new_, struct ekiden_hop *hop)
{
        new_->has_doubled = 1;
        new_->doubled = 2 * (uint64_t)old->value;
        if (has_fault("drop") && old->value % 5 == 0)
                ekiden_hop_drop(hop);
        return 0;
}
#endif

static bool is_same(const struct book *a, const struct book *b)
{
        return a->value == b->value && a->doubled == b->doubled &&
               strcmp(a->title ? a->title : "", b->title ? b->title : "") == 0;
}

static int compare(struct ekiden_error *error)
{
        uint64_t due_sum = 0;

        for (struct book *copy = shelf_next(&copies, NULL); copy;
             copy = shelf_next(&copies, copy)) {
                const struct book *book = shelf_find(&books, copy->key, copy->key_size);

                if (!book || !is_same(book, copy))
                        return ekiden_error_set(error, EKIDEN_EREFUSED, "%.*s is %s",
                                                (int)copy->key_size, copy->key,
                                                book ? "another" : "lost");
        }
        if (books.count != copies.count)
                return ekiden_error_set(error, EKIDEN_EREFUSED, "%zu books came, and %zu copies",
                                        books.count, copies.count);
        for (size_t i = 0; i < LOANS; i++)
                due_sum += loans[i] ? loans[i]->due : 0;
        if (due_sum != ledger.due_sum)
                return ekiden_error_set(error, EKIDEN_EREFUSED, "loans are due for %llu, not %llu",
                                        (unsigned long long)due_sum,
                                        (unsigned long long)ledger.due_sum);
        return 0;
}

static int check(void *data, struct ekiden_error *error)
{
        int r = has_fault("alone") ? 0 : compare(error);

        (void)data;
        shelf_empty(&copies);
        return r;
}

static int tag_all(void)
{
        int r = SHELF(tag_books)(&books_functions, &books);

        if (r == EKIDEN_RESUMED && has_fault("slow"))
                usleep(300000);
        if (r == EKIDEN_RESUMED && has_fault("stuck"))
                sleep(30);
        if (r == EKIDEN_RESUMED && has_fault("die_first"))
                _exit(1);
        if (has_fault("balk"))
                return r;
        if (r >= 0 && !has_fault("late"))
                r = SHELF(tag_loans)(&loans_functions, NULL);
        if (has_fault("curious"))
                (void)ekiden_resumed_at("loop");
        if (r >= 0 && has_fault("first"))
                r = SHELF(tag_copies)(&copies_functions, &copies);
        if (r >= 0)
                r = SHELF(tag_ledger)(&ledger);
        if (r == EKIDEN_RESUMED && has_fault("die_rounds"))
                _exit(1);
        if (r >= 0 && has_fault("late"))
                r = SHELF(tag_loans)(&loans_functions, NULL);
        return r < 0 || has_fault("alone") || has_fault("first")
                       ? r
                       : SHELF(tag_copies)(&copies_functions, &copies);
}

static void read_setting(const char *text)
{
        static const struct {
                const char *name;
                unsigned long *value;
        } numbers[] = {
                {"records=", &settings.records},   {"changes=", &settings.changes},
                {"sleep_us=", &settings.sleep_us}, {"budget_us=", &settings.budget_us},
                {"memory=", &settings.memory},     {"title=", &settings.title},
                {"start_ms=", &settings.start_ms},
        };

        if (strncmp(text, "fault=", 6) == 0)
                settings.fault = text + 6;
        for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
                if (strncmp(text, numbers[i].name, strlen(numbers[i].name)) == 0)
                        *numbers[i].value = strtoul(text + strlen(numbers[i].name), NULL, 10);
}

static void run(void)
{
        for (;;) {
                const struct timespec nap = {.tv_nsec = (long)settings.sleep_us * 1000};

                ekiden_update_point("shelf");
                if (has_fault("untag") && ekiden_is_tracking()) {
                        ekiden_untag("books");
                        SHELF(tag_books)(&books_functions, &books);
                }
                for (unsigned long i = 0; i < settings.changes; i++)
                        change_book();
                if (settings.changes > 0)
                        change_loan();
                if (settings.changes == 0)
                        poll(NULL, 0, -1);
                else if (settings.sleep_us > 0)
                        nanosleep(&nap, NULL);
        }
}

int main(int argc, char **argv)
{
        struct ekiden_error error = {0};
        int began;

        for (int i = 1; i < argc; i++)
                read_setting(argv[i]);
        usleep((useconds_t)(settings.start_ms * 1000));
        ekiden_set_log(ekiden_log_to_stderr, NULL);
        ekiden_set_check(check, NULL);
        if (ekiden_set_ahead(100, (unsigned int)settings.budget_us, settings.memory) < 0)
                return 64;
#if VERSION == 2
        if (ekiden_add_hop(&shelf_v1_to_v2) < 0)
                return 70;
#endif
        began = ekiden_start(argc, argv, &SHELF_SCHEMA, &error);
        if (began < 0 || tag_all() < 0)
                return 1;
        is_tagged = true;
        if (began == EKIDEN_FRESH) {
                ledger.random = 88172645463325252;
                for (unsigned long i = 0; i < settings.records; i++) {
                        char key[KEY_MAX];

                        snprintf(key, sizeof(key), "book %lu", i);
                        shelf_put(&books, new_book(key));
                }
        }
        ekiden_update_point("shelf");
        ledger.legs++; /* not before: a verification compares what came */
        run();
}
