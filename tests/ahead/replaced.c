/* SPDX-License-Identifier: MIT */
/*
 * A stream in which keys come more than once, and which then fails. The program has replaced the
 * entries that came first, and freed them; so it is never asked to take one of those back. The
 * generated code is in here, as in portions.c.
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
#include "state/fast.h"
#include "state/native_state.h"
#include "state/transfer.h"
#include "wire/message.h"

#define KEYS 50
#define ROUNDS 3 /* of all keys; each replaces what the one before brought */
#define ROOM (64 << 10) /* bytes of a batch */
#define BEFORE "a book that was there"

static const struct ek_wait patience = {.idle_ms = 5000};
static struct shelf shelf;
static size_t inserted, taken_out;
static uint32_t rounds = ROUNDS;

static int insert(struct book *book, struct ekiden_cursor *cursor, void *data)
{
        (void)cursor;
        shelf_put(data, book);
        inserted++;
        return 0;
}

static bool has(const struct book *wanted)
{
        struct book *book = NULL;

        do
                book = shelf_next(&shelf, book);
        while (book && book != wanted);
        return book != NULL;
}

static bool take_out(struct book *book, void *data)
{
        cr_assert(has(book), "it was replaced, and may not be looked at");
        taken_out++;
        return shelf_take_out(data, book);
}

static struct book *next(struct book *previous, struct ekiden_cursor *cursor, void *data)
{
        (void)cursor;
        return shelf_next(data, previous);
}

static uint64_t scan(uint64_t position, struct book **entries, size_t room, size_t *ret_count,
                     void *data)
{
        return shelf_scan(data, position, entries, room, ret_count);
}

static const struct shelf_v1_books_functions scanned = {
        .insert = insert, .remove = take_out, .scan = scan};
static const struct shelf_v1_books_functions walked = {
        .insert = insert, .remove = take_out, .next = next};

static void put_before(void)
{
        struct book *book = calloc(1, sizeof(*book));

        book->key = (uint8_t *)strdup(BEFORE);
        book->key_size = sizeof(BEFORE) - 1;
        book->title = strdup("title");
        shelf_put(&shelf, book);
}

static void end(void)
{
        shelf_empty(&shelf);
        ek_fast_is_on = true;
}

TestSuite(replaced, .init = put_before, .fini = end, .timeout = 60);

/* One record behind its length; the end of it. */
static uint8_t *add_book(uint8_t *at, uint32_t number, uint32_t value)
{
        Shelf__V1__Book book = SHELF__V1__BOOK__INIT;
        char key[16];

        snprintf(key, sizeof(key), "book %u", number);
        book.has_key = 1;
        book.key = (ProtobufCBinaryData){strlen(key), (uint8_t *)key};
        book.has_value = 1;
        book.value = value;
        book.title = (char *)(uintptr_t) "title";
        at += ek_varint_write(at, protobuf_c_message_get_packed_size(&book.base));
        return at + protobuf_c_message_pack(&book.base, at);
}

/* Says all keys several times, and goes away where END should be. */
static void speak(int socket)
{
        Ekiden__Item item = EKIDEN__ITEM__INIT;
        struct ek_link *link;
        uint8_t *batch = malloc(ROOM), *at = batch;

        for (uint32_t i = 0; i < rounds * KEYS; i++)
                at = add_book(at, i % KEYS, i);
        item.item = (char *)(uintptr_t) "books";
        item.has_stream = item.stream = 1;
        cr_assert_eq(ek_link_new(socket, &link), 0);
        cr_assert_eq(ek_link_send_message(link, EKIDEN__FRAME_KIND__ITEM, &item.base, &patience),
                     0);
        cr_assert_eq(ek_link_send(link, EKIDEN__FRAME_KIND__BATCH, batch, (size_t)(at - batch),
                                  &patience),
                     0);
        ek_link_free(link);
        free(batch);
}

static struct ek_tagged tag(const struct shelf_v1_books_functions *functions)
{
        const struct ekiden_item *item = ekiden_schema_item(&shelf_v1, "books");

        return (struct ek_tagged){
                .item = *item,
                .name = "books",
                .binding = &ek_native_binding,
                .natives = &shelf_v1_natives,
                .native = shelf_v1_natives.by_item[item - shelf_v1.items],
                .container = &shelf_v1_container_books,
                .container_functions = functions,
                .data = &shelf,
                .is_plain = true,
        };
}

/* Pulls the item in the pause, in vain. */
static void pull(const struct shelf_v1_books_functions *functions)
{
        const struct ek_chain chain = {.from = &shelf_v1, .to = &shelf_v1};
        struct ek_tagged tagged = tag(functions);
        struct ekiden_objects *objects;
        struct ekiden_error error = {0};
        struct ek_route route;
        struct ek_link *link;
        int ends[2];

        tagged.functions = &tagged;
        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        speak(ends[0]);
        cr_assert_eq(ek_link_new(ends[1], &link), 0);
        cr_assert_eq(ek_objects_new(&shelf_v1_natives, &chain, &objects), 0);
        cr_assert_eq(ek_route_find(&chain, &tagged.item, &route, NULL), 0);
        cr_assert_eq(ek_import_item(link, &patience, &tagged, &route, objects, &error),
                     EKIDEN_EPEER, "%s", error.sentence);
        ek_objects_free(objects);
        ek_link_free(link);
}

static void expect_as_before(void)
{
        cr_assert_eq(taken_out, KEYS, "each key's last one, and once");
        cr_assert_eq(shelf.count, 1);
        cr_assert_not_null(shelf_find(&shelf, (const uint8_t *)BEFORE, sizeof(BEFORE) - 1));
}

Test(replaced, entries_are_not_taken_back_when_their_item_fails)
{
        pull(&scanned);
        expect_as_before();
}

Test(replaced, entries_are_not_taken_back_where_there_is_no_scan)
{
        pull(&walked);
        expect_as_before();
}

Test(replaced, entries_are_not_taken_back_where_tables_are_walked)
{
        ek_fast_is_on = false;
        pull(&scanned);
        expect_as_before();
}

Test(replaced, entries_alone_are_left_out)
{
        shelf_empty(&shelf);
        rounds = 1;
        pull(&scanned);
        cr_assert_gt(inserted, 0);
        cr_assert_eq(taken_out, inserted, "all are taken back");
        cr_assert_eq(shelf.count, 0);
}

Test(replaced, entries_are_not_taken_back_where_nothing_else_was_there)
{
        shelf_empty(&shelf);
        pull(&scanned);
        cr_assert_eq(taken_out, KEYS);
        cr_assert_eq(shelf.count, 0);
}
