/* SPDX-License-Identifier: MIT */
/*
 * Room that the successor makes while the predecessor serves: what it says, and when, and what the
 * program is called with. The predecessor is a thread that follows a script; it notes what it hears
 * and what the program has done by then, and stops when it hears WARM, as predecessors do.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "ekiden/handover.pb-c.h"
#include "handover/compatible.h"
#include "handover/counts.h"
#include "handover/successor.h"
#include "shelf.h"
#include "shelf_v1.native.c"
#include "state/native_state.h"
#include "state/reserve.h"

#define SAID_MAX 16
#define LIMITED 100 /* entries for which there is memory, where it is short */

static const struct ek_wait patience = {.idle_ms = 10000};
static struct ek_token token = {.bytes = "0123456789abcdef"};
static const struct ek_registry registry;
static struct ekiden_error error;
static struct shelf shelf;
static struct ek_link *predecessor;
static pthread_t thread;
static int socket_;

static void answer_count(void);

/* What the predecessor does. */
static struct {
        bool is_older; /* it knows of no COUNT */
        bool is_shared; /* entries must wait for the end of the item: their memory is not got */
        bool is_uncounted; /* the program does not know how many */
        unsigned int pause_ms;
        void (*on_count)(void);
        const char *counted; /* the item that the answer names */
        uint64_t count; /* 0: it says none */
        uint64_t announced; /* with the item; 0: there is no such item */
        unsigned int batches[2]; /* records of each */
} script = {.pause_ms = 10000, .on_count = answer_count, .counted = "copies"};

/* What was seen. */
static struct {
        uint16_t said[SAID_MAX]; /* by the successor: kinds of frames */
        size_t said_count;
        size_t calls_before, made_before; /* … when it said WARM */
        _Atomic size_t reserve_calls, made; /* entries */
        size_t freed, made_max; /* 0: as many as are wanted */
        uint64_t reserved[SAID_MAX];
        uint64_t count_at_reserve; /* of entries, in the last call */
        uint64_t room; /* that PULL tells of; 0: of none, … */
        char no_room[128]; /* … and why */
} seen;

static void *allocate(size_t size)
{
        if (size != sizeof(struct book))
                return malloc(size);
        if (seen.made_max > 0 && seen.made == seen.made_max)
                return NULL;
        seen.made++;
        return malloc(size);
}

static void release(void *memory)
{
        seen.freed++;
        free(memory);
}

static uint64_t count(void *data)
{
        return ((const struct shelf *)data)->count;
}

static int insert(struct book *book, struct ekiden_cursor *cursor, void *data)
{
        (void)cursor;
        shelf_put(data, book);
        return 0;
}

static uint64_t scan(uint64_t position, struct book **entries, size_t room, size_t *ret_count,
                     void *data)
{
        return shelf_scan(data, position, entries, room, ret_count);
}

static int reserve(uint64_t more, void *data)
{
        seen.count_at_reserve = count(data);
        cr_assert_lt(seen.reserve_calls, SAID_MAX);
        if (seen.reserve_calls == 0 && script.count > 0)
                cr_assert_null(ek_successor_update_point(), "the predecessor has not stopped");
        seen.reserved[seen.reserve_calls++] = more;
        return 0;
}

static const struct shelf_v1_copies_functions with_reserve = {
        .count = count, .insert = insert, .scan = scan, .reserve = reserve};
static const struct shelf_v1_copies_functions without_reserve = {
        .count = count, .insert = insert, .scan = scan};

static bool take_out(struct book *book, void *data)
{
        return shelf_take_out(data, book);
}

static struct book *find(const uint8_t *key, size_t key_size, void *data)
{
        return shelf_find(data, key, key_size);
}

static const struct shelf_v1_books_functions sent_ahead = {.count = count,
                                                           .insert = insert,
                                                           .remove = take_out,
                                                           .scan = scan,
                                                           .reserve = reserve,
                                                           .find = find};

/* A successor that takes no more may have closed already. */
static void say(uint16_t kind, const ProtobufCMessage *message)
{
        int r = ek_link_send_message(predecessor, kind, message, &patience);

        cr_assert(r == 0 || r == EKIDEN_EPEER, "%s", ekiden_error_name(r));
}

static void say_offer(void)
{
        Ekiden__Offer offer = EKIDEN__OFFER__INIT;
        Ekiden__SchemaId id = ek_schema_id(&shelf_v1);

        offer.protocol = 1;
        offer.program = (char *)(uintptr_t) "shelf";
        offer.schema = &id;
        offer.has_token = 1;
        offer.token = ek_token_field(&token);
        offer.has_pause_ms = 1;
        offer.pause_ms = script.pause_ms;
        offer.has_ahead = offer.ahead = 1;
        offer.has_counts = offer.counts = !script.is_older;
        say(EKIDEN__FRAME_KIND__OFFER, &offer.base);
}

static void answer_count(void)
{
        Ekiden__Count message = EKIDEN__COUNT__INIT;

        message.item = (char *)(uintptr_t)script.counted;
        message.has_count = script.count > 0 || script.is_uncounted;
        message.count = script.count;
        say(EKIDEN__FRAME_KIND__COUNT, &message.base);
}

static void say_records(unsigned int number, Ekiden__End *end)
{
        uint8_t batch[4096];
        size_t size = 0;

        for (unsigned int i = 0; i < number; i++, end->records++) {
                Shelf__V1__Copy copy = SHELF__V1__COPY__INIT;
                uint8_t key = (uint8_t)end->records;
                size_t packed;

                copy.has_key = 1;
                copy.key = (ProtobufCBinaryData){1, &key};
                copy.title = (char *)(uintptr_t) "a title";
                packed = shelf__v1__copy__pack(&copy, batch + size + 1);
                batch[size] = (uint8_t)packed;
                size += packed + 1;
                end->bytes += packed;
        }
        cr_assert_eq(ek_link_send(predecessor, EKIDEN__FRAME_KIND__BATCH, batch, size, &patience),
                     0);
}

/* The first pass of books, which have the fields that copies have. */
static void answer_ahead(void)
{
        Ekiden__Item item = EKIDEN__ITEM__INIT;
        Ekiden__Pass pass = EKIDEN__PASS__INIT;
        Ekiden__End end = EKIDEN__END__INIT;

        item.item = pass.item = (char *)(uintptr_t) "books";
        item.has_stream = item.stream = 1;
        item.has_count = 1;
        item.count = script.announced;
        say(EKIDEN__FRAME_KIND__ITEM, &item.base);
        say_records(script.batches[0], &end);
        pass.records = end.records;
        pass.bytes = end.bytes;
        say(EKIDEN__FRAME_KIND__PASS, &pass.base);
}

static void say_paused(void)
{
        Ekiden__Paused paused = EKIDEN__PAUSED__INIT;

        paused.update_point = (char *)(uintptr_t) "loop";
        say(EKIDEN__FRAME_KIND__PAUSED, &paused.base);
}

static void answer_pull(void)
{
        Ekiden__Absent absent = EKIDEN__ABSENT__INIT;
        Ekiden__Item item = EKIDEN__ITEM__INIT;
        Ekiden__End end = EKIDEN__END__INIT;

        say_paused();
        absent.item = item.item = (char *)(uintptr_t) "copies";
        if (script.announced == 0) {
                say(EKIDEN__FRAME_KIND__ABSENT, &absent.base);
                return;
        }
        item.has_stream = item.stream = 1;
        item.has_count = 1;
        item.count = script.announced;
        say(EKIDEN__FRAME_KIND__ITEM, &item.base);
        for (size_t i = 0; i < 2 && script.batches[i] > 0; i++)
                say_records(script.batches[i], &end);
        say(EKIDEN__FRAME_KIND__END, &end.base);
}

static void take_pull(const struct ek_frame *frame)
{
        ProtobufCMessage *unpacked;
        const Ekiden__Pull *pull;

        cr_assert_eq(ek_frame_message(frame, &ekiden__pull__descriptor, &unpacked), 0);
        pull = (const Ekiden__Pull *)unpacked;
        cr_assert_eq(pull->has_room, pull->room > 0);
        seen.room = pull->room;
        snprintf(seen.no_room, sizeof(seen.no_room), "%s", pull->no_room ? pull->no_room : "");
        protobuf_c_message_free_unpacked(unpacked, NULL);
        answer_pull();
}

static void *serve(void *data)
{
        struct ek_frame frame;

        say_offer();
        while (ek_link_receive(predecessor, &patience, &frame) == 0) {
                cr_assert_lt(seen.said_count, SAID_MAX);
                seen.said[seen.said_count++] = frame.kind;
                if (frame.kind == EKIDEN__FRAME_KIND__WARM) {
                        seen.calls_before = seen.reserve_calls;
                        seen.made_before = seen.made;
                }
                if (frame.kind == EKIDEN__FRAME_KIND__COUNT)
                        script.on_count();
                if (frame.kind == EKIDEN__FRAME_KIND__AHEAD)
                        answer_ahead();
                if (frame.kind == EKIDEN__FRAME_KIND__PULL)
                        take_pull(&frame);
        }
        return data;
}

static void begin(void)
{
        int ends[2];

        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        cr_assert_eq(ek_link_new(ends[0], &predecessor), 0);
        socket_ = ends[1];
}

static void end(void)
{
        ek_link_free(predecessor);
        shelf_empty(&shelf);
}

TestSuite(reserve, .init = begin, .fini = end, .timeout = 60);

/* What the program's tag call is answered. */
static int fetch_item(const char *name, const struct ekiden_container *container,
                      const void *functions)
{
        static const struct ekiden_memory memory = {allocate, release};
        static struct ekiden_native native;
        static struct ek_figures figures;
        const struct ekiden_item *item = ekiden_schema_item(&shelf_v1, name);
        struct ek_tagged tagged = {
                .item = *item,
                .binding = &ek_native_binding,
                .natives = &shelf_v1_natives,
                .container = container,
                .container_functions = functions,
                .data = &shelf,
                .is_plain = !script.is_shared,
                .last = &figures,
                .serial = 1,
        };

        struct ekiden_error over = {.sentence = "it is over"};
        int r;

        snprintf(tagged.name, sizeof(tagged.name), "%s", name);
        native = *shelf_v1_natives.by_item[item - shelf_v1.items];
        native.memory = &memory;
        tagged.native = &native;
        tagged.functions = &tagged;
        cr_assert_eq(pthread_create(&thread, NULL, serve, NULL), 0);
        cr_assert_eq(ek_successor_start(socket_, &token, &shelf_v1, &registry, 0, &error), 0, "%s",
                     error.sentence);
        cr_assert_eq(ek_tagged_add(&tagged), 0);
        r = ek_successor_fetch(ek_tagged_find(name), &error);
        if (r >= 0)
                ek_successor_fail(EKIDEN_ECANCELLED, &over);
        pthread_join(thread, NULL);
        return r;
}

static int fetch(const struct shelf_v1_copies_functions *functions)
{
        return fetch_item("copies", &shelf_v1_container_copies, functions);
}

static void expect_said(const uint16_t *kinds, size_t number)
{
        cr_assert_geq(seen.said_count, number);
        cr_assert_arr_eq(seen.said, kinds, number * sizeof(kinds[0]));
}

Test(reserve, comes_while_the_predecessor_serves)
{
        static const uint16_t said[] = {EKIDEN__FRAME_KIND__HELLO, EKIDEN__FRAME_KIND__COUNT,
                                        EKIDEN__FRAME_KIND__WARM, EKIDEN__FRAME_KIND__PULL};

        script.count = script.announced = script.batches[0] = 3;
        cr_assert_eq(fetch(&with_reserve), EKIDEN_RESUMED, "%s", error.sentence);
        expect_said(said, 4);
        cr_assert_eq(seen.calls_before, 1);
        cr_assert_eq(seen.reserve_calls, 1);
        cr_assert_eq(seen.reserved[0], 3);
        cr_assert_eq(shelf.count, 3);
        cr_assert_eq(seen.room, 3, "the predecessor is told");
        cr_assert_str_empty(seen.no_room);
}

Test(reserve, gets_the_memory_of_entries_so_that_the_pause_gets_none)
{
        script.count = script.announced = script.batches[0] = 40;
        cr_assert_eq(fetch(&with_reserve), EKIDEN_RESUMED, "%s", error.sentence);
        cr_assert_eq(shelf.count, 40);
        cr_assert_eq(seen.made_before, 40);
        cr_assert_eq(seen.made, 40);
        cr_assert_eq(seen.freed, 0);
}

Test(reserve, in_the_pause_is_of_what_is_missing_and_no_more)
{
        script.count = script.batches[0] = 3;
        script.announced = 5;
        script.batches[1] = 2;
        cr_assert_eq(fetch(&with_reserve), EKIDEN_RESUMED, "%s", error.sentence);
        cr_assert_eq(seen.calls_before, 1);
        cr_assert_eq(seen.reserve_calls, 2);
        cr_assert_eq(seen.reserved[0], 3);
        cr_assert_eq(seen.reserved[1], 2);
        cr_assert_eq(shelf.count, 5);
        cr_assert_eq(seen.made, 5);
}

Test(reserve, for_more_than_come_leaves_no_memory_behind)
{
        script.count = 50;
        script.announced = script.batches[0] = 3;
        cr_assert_eq(fetch(&with_reserve), EKIDEN_RESUMED, "%s", error.sentence);
        cr_assert_eq(seen.reserve_calls, 1);
        cr_assert_eq(seen.made, 50);
        cr_assert_eq(seen.freed, 47);
}

Test(reserve, of_whatever_a_predecessor_says_is_bounded)
{
        script.count = script.announced = UINT64_MAX;
        script.batches[0] = 3;
        seen.made_max = LIMITED;
        cr_assert_eq(fetch(&with_reserve), EKIDEN_RESUMED, "%s", error.sentence);
        cr_assert_eq(seen.reserve_calls, 1);
        cr_assert_eq(seen.reserved[0], EK_ANNOUNCED_MAX);
        cr_assert_eq(shelf.count, 3, "memory that ran out is no failure");
}

Test(reserve, of_an_older_predecessor_comes_in_the_pause)
{
        static const uint16_t said[] = {EKIDEN__FRAME_KIND__HELLO, EKIDEN__FRAME_KIND__WARM,
                                        EKIDEN__FRAME_KIND__PULL};

        script.is_older = true;
        script.announced = script.batches[0] = 3;
        cr_assert_eq(fetch(&with_reserve), EKIDEN_RESUMED, "%s", error.sentence);
        expect_said(said, 3);
        cr_assert_eq(seen.calls_before, 0);
        cr_assert_eq(seen.reserve_calls, 1);
        cr_assert_eq(seen.reserved[0], 3);
        cr_assert_eq(seen.room, 0);
        cr_assert_str_empty(seen.no_room, "what it is it knows");
}

Test(reserve, that_a_program_does_not_have_leaves_the_memory_of_entries)
{
        script.count = script.announced = script.batches[0] = 3;
        cr_assert_eq(fetch(&without_reserve), EKIDEN_RESUMED, "%s", error.sentence);
        cr_assert_eq(seen.reserve_calls, 0);
        cr_assert_eq(seen.made_before, 3);
        cr_assert_eq(seen.made, 3);
        cr_assert_eq(seen.room, 3);
}

Test(reserve, and_memory_that_cannot_be_had_are_not_asked_for)
{
        static const uint16_t said[] = {EKIDEN__FRAME_KIND__HELLO, EKIDEN__FRAME_KIND__WARM,
                                        EKIDEN__FRAME_KIND__PULL};

        script.is_shared = true;
        script.announced = script.batches[0] = 3;
        cr_assert_eq(fetch(&without_reserve), EKIDEN_RESUMED, "%s", error.sentence);
        expect_said(said, 3);
        cr_assert_eq(seen.made_before, 0);
        cr_assert_eq(seen.made, 3);
        cr_assert_eq(seen.room, 0);
        cr_assert_str_eq(seen.no_room, "its container in the new version has no reserve()");
}

Test(reserve, of_entries_that_nobody_has_counted_comes_in_the_pause)
{
        script.is_uncounted = true;
        script.announced = script.batches[0] = 3;
        cr_assert_eq(fetch(&with_reserve), EKIDEN_RESUMED, "%s", error.sentence);
        cr_assert_eq(seen.calls_before, 0);
        cr_assert_eq(seen.reserve_calls, 1);
        cr_assert_str_eq(seen.no_room, "the old version does not count them");
}

Test(reserve, and_memory_that_run_out_are_told_as_what_there_was_room_for)
{
        script.count = script.announced = script.batches[0] = 3;
        seen.made_max = 2;
        cr_assert_eq(fetch(&without_reserve), EKIDEN_ENOMEM);
        cr_assert_eq(seen.room, 2);
}

Test(reserve, of_an_item_that_is_not_there_is_none)
{
        cr_assert_eq(fetch(&with_reserve), EKIDEN_FRESH, "%s", error.sentence);
        cr_assert_eq(seen.reserve_calls, 0);
        cr_assert_eq(seen.made, 0);
}

Test(reserve, of_what_is_sent_ahead_comes_before_its_records)
{
        static const uint16_t said[] = {EKIDEN__FRAME_KIND__HELLO, EKIDEN__FRAME_KIND__AHEAD};

        script.announced = script.batches[0] = 3;
        cr_assert_eq(fetch_item("books", &shelf_v1_container_books, &sent_ahead), EKIDEN_RESUMED,
                     "%s", error.sentence);
        expect_said(said, 2);
        cr_assert_eq(seen.reserve_calls, 1);
        cr_assert_eq(seen.reserved[0], 3);
        cr_assert_eq(seen.count_at_reserve, 0);
        cr_assert_eq(shelf.count, 3);
}

Test(reserve, of_what_is_sent_ahead_is_bounded)
{
        script.announced = UINT64_MAX;
        script.batches[0] = 3;
        fetch_item("books", &shelf_v1_container_books, &sent_ahead);
        cr_assert_eq(seen.reserve_calls, 1);
        cr_assert_eq(seen.reserved[0], EK_ANNOUNCED_MAX);
}

/* An answer that is none: called off, and room was made for nothing. */
static void expect_refused(int code)
{
        cr_assert_eq(fetch(&with_reserve), code, "%s", error.sentence);
        cr_assert_eq(ek_successor_state(), EK_SUCCESSOR_FAILED);
        cr_assert_eq(seen.reserve_calls, 0);
        cr_assert_eq(seen.made, 0);
        cr_assert_eq(seen.said[1], EKIDEN__FRAME_KIND__COUNT);
        cr_assert(seen.said_count < 3 || seen.said[2] == EKIDEN__FRAME_KIND__REFUSAL);
}

Test(reserve, upon_the_count_of_another_item_is_refused)
{
        script.count = 3;
        script.counted = "books";
        expect_refused(EKIDEN_EPROTOCOL);
        cr_assert_eq(error.phase, EKIDEN_PHASE_WARM);
}

Test(reserve, upon_another_frame_is_refused)
{
        script.on_count = say_paused;
        expect_refused(EKIDEN_EPROTOCOL);
}

static void say_damaged(void)
{
        cr_assert_eq(ek_link_send(predecessor, EKIDEN__FRAME_KIND__COUNT, "\x0a\x7f", 2, &patience),
                     0);
}

Test(reserve, upon_a_count_that_is_damaged_is_refused)
{
        script.on_count = say_damaged;
        expect_refused(EKIDEN_EPROTOCOL);
}

static void call_off(void)
{
        Ekiden__Refusal refusal = EKIDEN__REFUSAL__INIT;

        refusal.code = EKIDEN_ECANCELLED;
        refusal.sentence = (char *)(uintptr_t) "the operator called the upgrade off";
        say(EKIDEN__FRAME_KIND__REFUSAL, &refusal.base);
}

Test(reserve, of_a_predecessor_that_calls_it_off_ends_with_its_reason)
{
        script.on_count = call_off;
        expect_refused(EKIDEN_ECANCELLED);
        cr_assert_str_eq(error.sentence, "the operator called the upgrade off");
}

static void go_away(void)
{
        cr_assert_eq(shutdown(ek_link_socket(predecessor), SHUT_WR), 0);
}

Test(reserve, of_a_predecessor_that_goes_away_ends)
{
        script.on_count = go_away;
        expect_refused(EKIDEN_EPEER);
}

static void say_nothing(void)
{
}

Test(reserve, of_a_predecessor_that_says_nothing_ends_at_the_deadline)
{
        script.pause_ms = 20;
        script.on_count = say_nothing;
        expect_refused(EKIDEN_ETIMEOUT);
}
