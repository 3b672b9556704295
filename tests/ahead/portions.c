/* SPDX-License-Identifier: MIT */
/*
 * Portions of items that are sent ahead, as they go over the wire: what a sound peer sends arrives,
 * and what another one made up or damaged is an error with a sentence, or a sound import. The
 * generated code is in here, so that its tables can be used without a process that is upgraded.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ekiden/handover.pb-c.h"
#include "shelf.h"
#include "shelf_v1.native.c"
#include "state/ahead_export.h"
#include "state/ahead_import.h"
#include "state/native_state.h"
#include "wire/frame.h"

#define BOOKS 40
#define CROWD 1000

static struct shelf old_shelf, new_shelf;
static struct shelf *here; /* the one of the side that is at work: both have one item */
static struct ek_outbox outbox;
static struct ek_ahead_export *exported;
static struct ek_ahead_import *imported;
static struct ekiden_objects *objects;
static uint64_t next_position; /* of a scan that goes on for ever; 0: shelf_scan() */
static size_t scanned_beyond; /* entries that it would give beyond its room */
static bool lie_together; /* scan() gives all or none */
static size_t expiring_size; /* of a key that find() tells of each time; 0: it tells of none */

static uint64_t count(void *data)
{
        (void)data;
        return here->count;
}

static int insert(struct book *book, struct ekiden_cursor *cursor, void *data)
{
        (void)cursor;
        (void)data;
        shelf_put(here, book);
        return 0;
}

static bool take_out(struct book *book, void *data)
{
        (void)data;
        return shelf_take_out(here, book);
}

static uint64_t scan(uint64_t position, struct book **entries, size_t room, size_t *ret_count,
                     void *data)
{
        struct book *book = NULL;

        (void)data;
        if (lie_together) {
                *ret_count = here->count;
                if (here->count > room)
                        return position;
                for (size_t i = 0; (book = shelf_next(here, book)); i++)
                        entries[i] = book;
                return 0;
        }
        if (next_position == 0)
                return shelf_scan(here, position, entries, room, ret_count);
        *ret_count = scanned_beyond > 0 ? room + scanned_beyond : 0;
        return next_position;
}

static struct book *find(const uint8_t *key, size_t key_size, void *data)
{
        static const uint8_t zeros[2 << 20];

        (void)data;
        if (expiring_size > 0)
                shelf_v1_touch_books(zeros, expiring_size);
        return shelf_find(here, key, key_size);
}

static const struct shelf_v1_books_functions functions = {
        .count = count, .insert = insert, .remove = take_out, .scan = scan, .find = find};

/* In the list of tagged items, as ekiden_tag_container() would put it there. */
static void begin(void)
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

        cr_assert_eq(ek_tagged_add(&tagged), 0);
}

static void put(struct shelf *shelf, const char *key, uint32_t value)
{
        struct book *book = calloc(1, sizeof(*book));

        book->key = (uint8_t *)strdup(key);
        book->key_size = (uint32_t)strlen(key);
        book->value = value;
        book->title = strdup("title");
        shelf_put(shelf, book);
}

static void put_all(void)
{
        for (uint32_t i = 0; i < BOOKS; i++) {
                char key[16];

                snprintf(key, sizeof(key), "book %u", i);
                put(&old_shelf, key, i);
        }
}

static void begin_export(void)
{
        struct ek_tagged *tagged = ek_tagged_find("books");

        ek_ahead_export_free(exported);
        here = &old_shelf;
        cr_assert_null(ek_ahead_obstacle(tagged));
        cr_assert_eq(ek_ahead_export_new(tagged, 1 << 20, &exported, NULL), 0);
}

/* The next portion, in place of what is in the outbox. */
static void next_portion(bool is_last)
{
        here = &old_shelf;
        outbox.start = outbox.end = 0;
        cr_assert_eq(ek_ahead_export_begin(exported, &outbox, NULL), 0);
        while (ek_ahead_export_step(exported, &outbox, NULL) > 0)
                ;
        cr_assert_eq(ek_ahead_export_finish(exported, is_last, &outbox, NULL), 0);
}

static void send_portion(bool is_last)
{
        begin_export();
        next_portion(is_last);
}

static void begin_import(void)
{
        const struct ek_chain chain = {.from = &shelf_v1, .to = &shelf_v1};
        struct ek_tagged *tagged = ek_tagged_find("books");
        struct ek_route route;

        cr_assert_eq(ek_objects_new(&shelf_v1_natives, &chain, &objects), 0);
        cr_assert_eq(ek_route_find(&chain, &tagged->item, &route, NULL), 0);
        cr_assert_null(ek_ahead_import_obstacle(tagged, route.source, &route));
        cr_assert_eq(ek_ahead_import_new(tagged, &route, objects, &imported), 0);
}

static void end_import(void)
{
        imported = ek_ahead_import_free(imported);
        objects = ek_objects_free(objects);
        shelf_empty(&new_shelf);
}

/* Feeds bytes to the importing side, which has received ITEM, and closes. */
static int take(const uint8_t *bytes, size_t size, bool is_last, struct ekiden_error *error)
{
        const struct ek_wait wait = {.idle_ms = 5000};
        struct ek_frame frame;
        struct ek_link *link;
        uint64_t ns;
        int ends[2];
        int r;

        here = &new_shelf;
        *error = (struct ekiden_error){0};
        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        cr_assert_eq(write(ends[0], bytes, size), (ssize_t)size, "it fits the socket");
        close(ends[0]);
        cr_assert_eq(ek_link_new(ends[1], &link), 0);
        r = ek_receive(link, &wait, &frame, error);
        if (r == 0 && frame.kind != EKIDEN__FRAME_KIND__ITEM)
                r = ek_link_failed(EKIDEN_EPROTOCOL, error);
        if (r == 0)
                r = ek_ahead_import_portion(imported, link, &wait, is_last, &ns, error);
        ek_link_free(link);
        return r;
}

/* What is in the outbox, in a new import. */
static int take_anew(const uint8_t *bytes, size_t size, struct ekiden_error *error)
{
        int r;

        begin_import();
        r = take(bytes, size, false, error);
        if (r < 0) {
                cr_assert_eq(error->code, r);
                cr_assert(error->sentence[0]);
        } else {
                cr_assert_eq(new_shelf.count, BOOKS);
        }
        return r;
}

static void end(void)
{
        exported = ek_ahead_export_free(exported);
        ek_outbox_deinit(&outbox);
        shelf_empty(&old_shelf);
        ek_tagged_remove("books");
}

TestSuite(portions, .init = begin, .fini = end, .timeout = 120);

Test(portions, arrive_whole)
{
        struct ekiden_error error;

        put_all();
        send_portion(false);
        cr_assert_eq(take_anew(outbox.bytes, ek_outbox_left(&outbox), &error), 0, "%s",
                     error.sentence);
        for (uint32_t i = 0; i < BOOKS; i++) {
                char key[16];
                const struct book *book;

                snprintf(key, sizeof(key), "book %u", i);
                book = shelf_find(&new_shelf, (const uint8_t *)key, strlen(key));
                cr_assert_not_null(book);
                cr_assert_eq(book->value, i);
                cr_assert_str_eq(book->title, "title");
        }
        end_import();
}

static const struct book *new_book(const char *key)
{
        return shelf_find(&new_shelf, (const uint8_t *)key, strlen(key));
}

Test(portions, bring_what_has_changed_and_what_is_gone)
{
        const struct ekiden_item *books = ekiden_schema_item(&shelf_v1, "books");
        struct ekiden_error error;
        struct book *gone;

        put_all();
        send_portion(false);
        begin_import();
        cr_assert_eq(take(outbox.bytes, ek_outbox_left(&outbox), false, &error), 0);

        gone = shelf_find(&old_shelf, (const uint8_t *)"book 3", 6);
        shelf_take_out(&old_shelf, gone);
        book_free(gone);
        put(&old_shelf, "book 4", 444);
        put(&old_shelf, "new", 7);
        put(&old_shelf, "not told of", 8);
        for (int i = 0; i < 3; i++) { /* once each, however often */
                ekiden_touch_text(books, "book 3");
                ekiden_touch_text(books, "book 4");
                ekiden_touch_text(books, "new");
                ekiden_touch_text(books, "never was");
        }
        cr_assert_eq(ek_ahead_export_rest(exported), 4);
        next_portion(false);
        cr_assert_eq(ek_ahead_export_portion(exported).records, 2);
        cr_assert_eq(ek_ahead_export_portion(exported).gone, 2);
        cr_assert_eq(take(outbox.bytes, ek_outbox_left(&outbox), false, &error), 0, "%s",
                     error.sentence);
        cr_assert_null(new_book("book 3"));
        cr_assert_eq(new_book("book 4")->value, 444);
        cr_assert_eq(new_book("new")->value, 7);
        cr_assert_null(new_book("not told of"));
        cr_assert_eq(new_shelf.count, BOOKS);
        next_portion(true);
        cr_assert_eq(take(outbox.bytes, ek_outbox_left(&outbox), true, &error), 0, "%s",
                     error.sentence);
        end_import();
}

Test(portions, cut_at_any_byte_are_refused)
{
        struct ekiden_error error;

        put_all();
        send_portion(false);
        for (size_t size = 0; size < ek_outbox_left(&outbox); size++) {
                cr_assert_eq(take_anew(outbox.bytes, size, &error), EKIDEN_EPEER, "at %zu", size);
                end_import();
        }
}

/* The frame that begins at `at` is sound again. */
static size_t seal(uint8_t *at)
{
        struct ek_frame_header header;

        if (ek_frame_header_read(at, &header) < 0)
                return 0;
        ek_frame_header_write(at, header.kind, at + EK_FRAME_HEADER_SIZE, header.length);
        return EK_FRAME_HEADER_SIZE + header.length;
}

Test(portions, with_any_bit_flipped_are_refused_or_sound)
{
        size_t size, refused = 0, taken = 0;
        uint8_t *copy;

        put_all();
        send_portion(false);
        size = ek_outbox_left(&outbox);
        copy = malloc(size);
        for (size_t bit = 0; bit < size * 8; bit++) {
                struct ekiden_error error;
                size_t at = 0, next = 0;

                memcpy(copy, outbox.bytes, size);
                while (next <= bit / 8) { /* which frame it is in */
                        at = next;
                        next += seal(copy + at);
                }
                if (bit / 8 - at < EK_FRAME_HEADER_SIZE)
                        continue; /* the wire floor's affair */
                copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
                seal(copy + at);
                begin_import();
                if (take(copy, size, false, &error) < 0) {
                        cr_assert(error.code < 0 && error.sentence[0]);
                        refused++;
                } else {
                        taken++;
                }
                end_import();
        }
        cr_assert_gt(refused, size, "%zu refused, %zu taken", refused, taken);
        cr_assert_gt(taken, size, "what is in a record is the program's affair");
        free(copy);
}

/* A frame with a message behind those that are there. */
static void add_pass(const char *item, uint32_t round, uint64_t records, uint64_t gone,
                     uint64_t bytes)
{
        Ekiden__Pass pass = EKIDEN__PASS__INIT;

        pass.item = (char *)(uintptr_t)item;
        pass.round = round;
        pass.records = records;
        pass.gone = gone;
        pass.bytes = bytes;
        cr_assert_eq(ek_outbox_message(&outbox, EKIDEN__FRAME_KIND__PASS, &pass.base), 0);
}

static void add_item(void)
{
        Ekiden__Item item = EKIDEN__ITEM__INIT;

        item.item = (char *)(uintptr_t) "books";
        item.has_stream = item.stream = 1;
        cr_assert_eq(ek_outbox_message(&outbox, EKIDEN__FRAME_KIND__ITEM, &item.base), 0);
}

Test(portions, whose_counts_are_others_are_refused)
{
        static const struct {
                const char *item;
                uint32_t round;
                uint64_t records, gone, bytes;
                int expected;
        } cases[] = {
                {"books", 0, 0, 0, 0, 0},
                {"books", 0, 1, 0, 0, EKIDEN_EPROTOCOL},
                {"books", 0, 0, 1, 0, EKIDEN_EPROTOCOL},
                {"books", 0, 0, 0, 1, EKIDEN_EPROTOCOL},
                {"books", 1, 0, 0, 0, EKIDEN_EPROTOCOL},
                {"loans", 0, 0, 0, 0, EKIDEN_EPROTOCOL},
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct ekiden_error error;

                outbox.start = outbox.end = 0;
                add_item();
                add_pass(cases[i].item, cases[i].round, cases[i].records, cases[i].gone,
                         cases[i].bytes);
                begin_import();
                cr_assert_eq(take(outbox.bytes, ek_outbox_left(&outbox), false, &error),
                             cases[i].expected, "case %zu", i);
                end_import();
        }
}

Test(portions, that_end_as_others_do_are_refused)
{
        struct ekiden_error error;

        put_all();
        send_portion(false);
        begin_import();
        cr_assert_eq(take(outbox.bytes, ek_outbox_left(&outbox), true, &error), EKIDEN_EPROTOCOL,
                     "PASS is not the end");
        end_import();
        outbox.start = outbox.end = 0;
        send_portion(true);
        begin_import();
        cr_assert_eq(take(outbox.bytes, ek_outbox_left(&outbox), false, &error), EKIDEN_EPROTOCOL,
                     "END is, and comes in the pause");
        end_import();
        begin_import();
        cr_assert_eq(take(outbox.bytes, ek_outbox_left(&outbox), true, &error), 0, "%s",
                     error.sentence);
        end_import();
}

Test(portions, key_that_is_not_there_is_no_harm)
{
        const uint8_t gone[] = {4, 0x0a, 2, 'n', 'o'}; /* a length, and a record with field 1 */
        struct ekiden_error error;

        add_item();
        cr_assert_eq(ek_outbox_begin(&outbox), 0);
        memcpy(ek_outbox_room(&outbox, sizeof(gone)), gone, sizeof(gone));
        ek_outbox_add(&outbox, sizeof(gone));
        ek_outbox_finish(&outbox, EKIDEN__FRAME_KIND__GONE);
        add_pass("books", 0, 0, 1, 4);
        begin_import();
        cr_assert_eq(take(outbox.bytes, ek_outbox_left(&outbox), false, &error), 0, "%s",
                     error.sentence);
        cr_assert_eq(new_shelf.count, 0);
        end_import();
}

/* As all keys do that share a bucket: clients may choose such. */
Test(portions, of_entries_that_lie_together_are_given_room_for_as_many_as_there_are)
{
        struct ekiden_error error;

        lie_together = true;
        for (uint32_t i = 0; i < CROWD; i++) {
                char key[16];

                snprintf(key, sizeof(key), "book %u", i);
                put(&old_shelf, key, i);
        }
        send_portion(false);
        cr_assert_eq(ek_ahead_export_portion(exported).records, CROWD);
        begin_import();
        cr_assert_eq(take(outbox.bytes, ek_outbox_left(&outbox), false, &error), 0, "%s",
                     error.sentence);
        cr_assert_eq(new_shelf.count, CROWD);
        end_import();
        lie_together = false;
}

/* It is not the program that changes too fast: what is said of that does not help here. */
Test(portions, of_more_long_keys_at_once_than_can_be_kept_are_refused_for_that)
{
        static char key[1 << 20];
        struct ekiden_error error = {0};

        lie_together = true;
        memset(key, 'k', sizeof(key) - 1);
        for (uint32_t i = 0; i < 80; i++) {
                key[0] = (char)('!' + i);
                put(&old_shelf, key, i);
        }
        begin_export();
        cr_assert_eq(ek_ahead_export_begin(exported, &outbox, &error), 0);
        cr_assert_eq(ek_ahead_export_step(exported, &outbox, &error), EKIDEN_ELIMIT);
        cr_assert_not_null(strstr(error.sentence, "scan() gave more entries at once"), "%s",
                           error.sentence);
        lie_together = false;
}

Test(portions, scan_that_asks_for_ever_more_room_is_refused)
{
        struct ekiden_error error = {0};

        put_all();
        begin_export();
        next_position = scanned_beyond = 1;
        cr_assert_eq(ek_ahead_export_begin(exported, &outbox, &error), 0);
        cr_assert_eq(ek_ahead_export_step(exported, &outbox, &error), EKIDEN_EREFUSED);
        cr_assert_not_null(strstr(error.sentence, "the most"), "%s", error.sentence);
        next_position = scanned_beyond = 0;
}

Test(portions, scan_that_stays_where_it_is_is_refused_and_not_asked_for_ever)
{
        struct ekiden_error error = {0};

        put_all();
        begin_export();
        next_position = 1;
        cr_assert_eq(ek_ahead_export_begin(exported, &outbox, &error), 0);
        cr_assert_eq(ek_ahead_export_step(exported, &outbox, &error), 1, "it may be nearly empty");
        cr_assert_eq(ek_ahead_export_step(exported, &outbox, &error), EKIDEN_EREFUSED);
        cr_assert_not_null(strstr(error.sentence, "the position that it was given"));
        next_position = 0;
}

/* Between the last look at what has changed and the commit. */
Test(portions, change_that_could_not_be_noted_in_the_last_one_is_no_success)
{
        const struct ekiden_item *books = ekiden_schema_item(&shelf_v1, "books");
        struct ekiden_error error = {0};
        int r;

        send_portion(false);
        cr_assert_eq(ek_ahead_export_check(exported, &error), 0);
        ekiden_touch_text(books, "changed");
        expiring_size = 2 << 20; /* more than is allowed */
        outbox.start = outbox.end = 0;
        cr_assert_eq(ek_ahead_export_begin(exported, &outbox, &error), 0);
        r = ek_ahead_export_step(exported, &outbox, &error);
        cr_assert_eq(r, 0, "%s", error.sentence);
        cr_assert_eq(ek_ahead_export_rest(exported), 0);
        cr_assert_eq(ek_ahead_export_check(exported, &error), EKIDEN_ELIMIT);
        cr_assert_not_null(strstr(error.sentence, "changes faster"), "%s", error.sentence);
        expiring_size = 0;
}

Test(portions, change_behind_the_last_one_is_no_success)
{
        const struct ekiden_item *books = ekiden_schema_item(&shelf_v1, "books");
        struct ekiden_error error = {0};

        send_portion(true);
        ekiden_touch_text(books, "changed");
        cr_assert_eq(ek_ahead_export_check(exported, &error), EKIDEN_EREFUSED);
        cr_assert_not_null(strstr(error.sentence, "was changed in the pause"));
        cr_assert_str_eq(error.item, "books");
}

static void lengthen_titles(size_t size)
{
        for (struct book *book = shelf_next(&old_shelf, NULL); book;
             book = shelf_next(&old_shelf, book)) {
                free(book->title);
                book->title = calloc(1, size + 1);
                memset(book->title, 'x', size);
        }
}

/* They go to the socket between two steps, as far as there is room. */
Test(portions, of_large_records_are_put_together_a_few_at_a_time)
{
        const size_t title_size = 64 << 10;
        struct ekiden_error error = {0};
        size_t before = 0;
        int r;

        put_all();
        lengthen_titles(title_size);
        begin_export();
        cr_assert_eq(ek_ahead_export_begin(exported, &outbox, &error), 0);
        do {
                r = ek_ahead_export_step(exported, &outbox, &error);
                cr_assert_geq(r, 0, "%s", error.sentence);
                cr_assert_lt(ek_outbox_left(&outbox) - before, 6 * title_size);
                before = ek_outbox_left(&outbox);
        } while (r > 0);
        cr_assert_eq(ek_ahead_export_finish(exported, false, &outbox, &error), 0);
        cr_assert_eq(ek_ahead_export_portion(exported).records, BOOKS);
        cr_assert_eq(ek_ahead_export_portion(exported).gone, 0);
        cr_assert_eq(ek_ahead_export_rest(exported), 0);
}

Test(portions, of_large_records_that_all_change_all_the_time_end)
{
        const struct ekiden_item *books = ekiden_schema_item(&shelf_v1, "books");
        struct ekiden_error error = {0};
        unsigned int steps = 0, next = 0;
        char key[16];
        int r;

        for (uint32_t i = 0; i < 2000; i++) {
                snprintf(key, sizeof(key), "book %u", i);
                put(&old_shelf, key, i);
        }
        lengthen_titles(8 << 10);
        begin_export();
        cr_assert_eq(ek_ahead_export_begin(exported, &outbox, &error), 0);
        do {
                r = ek_ahead_export_step(exported, &outbox, &error);
                cr_assert_geq(r, 0, "%s", error.sentence);
                for (int i = 0; i < 400; i++) {
                        snprintf(key, sizeof(key), "book %u", next++ % 2000);
                        ekiden_touch_text(books, key);
                }
                outbox.start = outbox.end = 0; /* as if it had been sent */
                outbox.is_open = false;
                steps++;
        } while (r > 0);
        cr_assert_lt(steps, 200);
        cr_assert_geq(ek_ahead_export_portion(exported).records, 2000, "all came once");
}

/* Most of what scan() gives at a time is put off, and has to find room among what changes. */
Test(portions, of_large_records_end_while_others_change)
{
        const struct ekiden_item *books = ekiden_schema_item(&shelf_v1, "books");
        struct ekiden_error error = {0};
        unsigned int steps = 0;
        char key[32];
        int r;

        for (uint32_t i = 0; i < 4000; i++) {
                snprintf(key, sizeof(key), "book %u", i);
                put(&old_shelf, key, i);
        }
        lengthen_titles(40 << 10);
        here = &old_shelf;
        cr_assert_eq(ek_ahead_export_new(ek_tagged_find("books"), 128 << 10, &exported, &error), 0);
        cr_assert_eq(ek_ahead_export_begin(exported, &outbox, &error), 0);
        do {
                r = ek_ahead_export_step(exported, &outbox, &error);
                cr_assert_geq(r, 0, "%s", error.sentence);
                for (int i = 0; i < 20; i++) {
                        snprintf(key, sizeof(key), "gone %u", steps * 20 + (unsigned int)i);
                        ekiden_touch_text(books, key);
                }
                outbox.start = outbox.end = 0; /* as if it had been sent */
                outbox.is_open = false;
                cr_assert_lt(++steps, 5000, "it does not end");
        } while (r > 0);
        cr_assert_eq(ek_ahead_export_portion(exported).records, 4000);
}

Test(portions, leave_as_the_socket_has_room_and_without_a_wait)
{
        const struct ek_wait wait = {.idle_ms = 5000};
        struct ek_link *link, *peer;
        struct ek_frame frame;
        size_t frames = 0;
        int ends[2];

        for (uint32_t i = 0; i < 20000; i++) {
                char key[32];

                snprintf(key, sizeof(key), "a book with number %u", i);
                put(&old_shelf, key, i);
        }
        send_portion(false);
        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        cr_assert_eq(setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &(int){4096}, sizeof(int)), 0);
        cr_assert_eq(ek_link_new(ends[0], &link), 0);
        cr_assert_eq(ek_link_new(ends[1], &peer), 0);
        cr_assert_eq(ek_outbox_send(&outbox, link, NULL), 0);
        cr_assert_gt(ek_outbox_left(&outbox), 0, "it did not wait for room");
        cr_assert(ek_link_is_torn(link), "nothing else may be sent in between");
        do {
                int r = ek_link_receive(peer, NULL, &frame);

                frames += r == 0;
                if (r == EKIDEN_ETIMEOUT)
                        cr_assert_eq(ek_outbox_send(&outbox, link, NULL), 0);
                else
                        cr_assert_eq(r, 0);
        } while (frame.kind != EKIDEN__FRAME_KIND__PASS);
        cr_assert_eq(ek_outbox_left(&outbox), 0);
        cr_assert_not(ek_link_is_torn(link));
        cr_assert_gt(frames, 5);
        ek_link_free(peer);
        cr_assert_eq(ek_outbox_begin(&outbox), 0);
        ek_outbox_add(&outbox, 0);
        ek_outbox_finish(&outbox, EKIDEN__FRAME_KIND__BATCH); /* empty: it is taken back */
        cr_assert_eq(ek_outbox_left(&outbox), 0);
        add_pass("books", 0, 0, 0, 0);
        cr_assert_eq(ek_outbox_send(&outbox, link, &wait), EKIDEN_EPEER);
        ek_link_free(link);
}

Test(portions, changes_of_a_long_first_pass_are_sent_in_between_and_it_ends)
{
        const struct ekiden_item *books = ekiden_schema_item(&shelf_v1, "books");
        struct ekiden_error error = {0};
        unsigned int steps = 0;
        char key[32];
        int r;

        for (uint32_t i = 0; i < 20000; i++) {
                snprintf(key, sizeof(key), "book %u", i);
                put(&old_shelf, key, i);
        }
        here = &old_shelf;
        cr_assert_eq(ek_ahead_export_new(ek_tagged_find("books"), 256 << 10, &exported, &error), 0);
        cr_assert_eq(ek_ahead_export_begin(exported, &outbox, &error), 0);
        do {
                r = ek_ahead_export_step(exported, &outbox, &error);
                cr_assert_geq(r, 0, "%s", error.sentence);
                for (int i = 0; i < 40; i++) {
                        snprintf(key, sizeof(key), "gone %u", steps * 40 + (unsigned int)i);
                        ekiden_touch_text(books, key);
                }
                outbox.start = outbox.end = 0; /* as if it had been sent */
                outbox.is_open = false;
                cr_assert_lt(++steps, 5000, "it does not end");
        } while (r > 0);
        cr_assert_eq(ek_ahead_export_portion(exported).records, 20000);
        cr_assert_gt(ek_ahead_export_portion(exported).gone, 0, "none was sent in between");
        cr_assert_lt(ek_ahead_export_rest(exported), steps * 40);
}

Test(portions, that_are_secret_are_wiped_when_they_have_left)
{
        struct ek_link *link, *peer;
        struct ek_frame frame = {0};
        int ends[2];

        for (uint32_t i = 0; i < 20000; i++) {
                char key[32];

                snprintf(key, sizeof(key), "a secret with number %u", i);
                put(&old_shelf, key, i);
        }
        outbox.is_secret = true;
        send_portion(false);
        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        cr_assert_eq(setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &(int){4096}, sizeof(int)), 0);
        cr_assert_eq(ek_link_new(ends[0], &link), 0);
        cr_assert_eq(ek_link_new(ends[1], &peer), 0);
        while (ek_outbox_left(&outbox) > 0) {
                cr_assert_eq(ek_outbox_send(&outbox, link, NULL), 0);
                while (ek_link_receive(peer, NULL, &frame) == 0)
                        ;
        }
        cr_assert_null(memmem(outbox.bytes, outbox.capacity, "a secret", 8));
        ek_link_free(peer);
        ek_link_free(link);
}
