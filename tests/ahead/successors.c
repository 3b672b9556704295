/* SPDX-License-Identifier: MIT */
/*
 * What a hostile successor may say while the predecessor serves and sends ahead: out of turn, or
 * without an end. It is called off in the update point that sees it, in little memory, and the
 * program has what it had.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ekiden/handover.pb-c.h"
#include "handover/counts.h"
#include "handover/predecessor_private.h"
#include "shelf.h"
#include "shelf_v1.native.c"
#include "state/changes.h"
#include "state/native_state.h"
#include "wire/clock.h"

#define BOOKS 100
#define FLOOD 10000 /* frames; they fit the socket */
#define PATIENCE_MS 10000
#define UPSET 90
#define SEARCH_US 1000

static const struct ek_deadlines deadlines = {
        .ms = {[EKIDEN_PHASE_WARM] = PATIENCE_MS,
               [EKIDEN_PHASE_TRANSFER] = 100,
               [EKIDEN_PHASE_READY] = 100},
};
static const struct ek_predecessor_setup setup = {.schema = &shelf_v1, .deadlines = &deadlines};
static const struct ek_wait patience = {.idle_ms = PATIENCE_MS};
static struct shelf shelf;
static struct ek_link *successor;
static struct ekiden_error error;

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

static bool take_out(struct book *book, void *data)
{
        return shelf_take_out(data, book);
}

static uint64_t scan(uint64_t position, struct book **entries, size_t room, size_t *ret_count,
                     void *data)
{
        return shelf_scan(data, position, entries, room, ret_count);
}

/* So many books are changed by the search for others, one each time. */
static unsigned int upset;
static int operator_end = -1; /* of an operator who leaves when half of them are */

/* As one that finds that others have expired. */
static struct book *find(const uint8_t *key, size_t key_size, void *data)
{
        if (upset > 0) {
                char other[16];

                snprintf(other, sizeof(other), "book %u", --upset % BOOKS);
                shelf_v1_touch_books((const uint8_t *)other, strlen(other));
                usleep(SEARCH_US);
                if (upset == UPSET / 2 && operator_end >= 0)
                        close(operator_end);
        }
        return shelf_find(data, key, key_size);
}

static const struct shelf_v1_books_functions functions = {
        .count = count, .insert = insert, .remove = take_out, .scan = scan, .find = find};

static void tag_books(void)
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
                .data = &shelf,
                .is_plain = true,
        };

        cr_assert_eq(ek_tagged_add(&tagged), 0);
        for (uint32_t i = 0; i < BOOKS; i++) {
                struct book *book = calloc(1, sizeof(*book));
                char key[16];

                snprintf(key, sizeof(key), "book %u", i);
                book->key = (uint8_t *)strdup(key);
                book->key_size = (uint32_t)strlen(key);
                book->title = strdup("title");
                shelf_put(&shelf, book);
        }
}

/* A predecessor whose successor has said HELLO. */
static void begin(void)
{
        int ends[2];

        tag_books();
        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        for (int i = 0; i < 2; i++)
                cr_assert_eq(
                        setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &(int){4 << 20}, sizeof(int)),
                        0);
        cr_assert_eq(ek_link_new(ends[1], &successor), 0);
        ek_predecessor.setup = &setup;
        ek_predecessor.serial++;
        cr_assert_eq(ek_link_new(ends[0], &ek_predecessor.link), 0);
        ek_ahead_begin(&ek_predecessor);
        ek_predecessor_enter(EKIDEN_PHASE_WARM);
}

static void end(void)
{
        ek_link_free(successor);
        ek_predecessor.link = ek_link_free(ek_predecessor.link);
        ek_ahead_forget(&ek_predecessor);
        ek_tagged_remove("books");
        shelf_empty(&shelf);
}

TestSuite(successors, .init = begin, .fini = end, .timeout = 60);

static void ask(const char *item)
{
        Ekiden__Ahead message = EKIDEN__AHEAD__INIT;

        message.item = (char *)(uintptr_t)item;
        message.message = (char *)(uintptr_t) "shelf.v1.Book";
        cr_assert_eq(ek_link_send_message(successor, EKIDEN__FRAME_KIND__AHEAD, &message.base,
                                          &patience),
                     0);
}

static void ask_count(const char *item, const char *message)
{
        Ekiden__Count asked = EKIDEN__COUNT__INIT;

        asked.item = (char *)(uintptr_t)item;
        asked.message = (char *)(uintptr_t)message;
        cr_assert_eq(
                ek_link_send_message(successor, EKIDEN__FRAME_KIND__COUNT, &asked.base, &patience),
                0);
}

/* UINT64_MAX: it said that it does not know. */
static uint64_t answered_count(const char *item)
{
        struct ek_frame frame;
        ProtobufCMessage *unpacked;
        const Ekiden__Count *answer;
        uint64_t number;

        cr_assert_eq(ek_link_receive(successor, NULL, &frame), 0);
        cr_assert_eq(frame.kind, EKIDEN__FRAME_KIND__COUNT);
        cr_assert_eq(ek_frame_message(&frame, &ekiden__count__descriptor, &unpacked), 0);
        answer = (const Ekiden__Count *)unpacked;
        cr_assert_str_eq(answer->item, item);
        number = answer->has_count ? answer->count : UINT64_MAX;
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return number;
}

static void say(uint16_t kind)
{
        cr_assert_eq(ek_link_send(successor, kind, NULL, 0, &patience), 0);
}

static void say_passed(uint32_t round)
{
        Ekiden__Passed message = EKIDEN__PASSED__INIT;

        message.item = (char *)(uintptr_t) "books";
        message.round = round;
        cr_assert_eq(ek_link_send_message(successor, EKIDEN__FRAME_KIND__PASSED, &message.base,
                                          &patience),
                     0);
}

/* The program passes its update point, as if the time for a slice had come. */
static int step(void)
{
        ek_predecessor.ahead.pace.next_ns = 0;
        return ek_predecessor_step("loop", &error);
}

/* Steps until a frame of this kind has come to the successor. */
static void step_until(uint16_t kind)
{
        struct ek_frame frame = {0};

        while (frame.kind != kind) {
                int r = ek_link_receive(successor, NULL, &frame);

                if (r == EKIDEN_ETIMEOUT)
                        cr_assert_eq(step(), 0, "%s", error.sentence);
                else
                        cr_assert_eq(r, 0);
        }
}

static void expect_called_off(int code)
{
        cr_assert_eq(step(), code, "%s", error.sentence);
        cr_assert(error.sentence[0]);
        cr_assert_eq(ek_predecessor_phase(), EKIDEN_PHASE_NONE);
        cr_assert_not(ekiden_is_tracking());
        cr_assert_eq(shelf.count, BOOKS);
}

Test(successors, that_ask_in_turn_are_served)
{
        ask("no such");
        step_until(EKIDEN__FRAME_KIND__ABSENT);
        ask("books");
        step_until(EKIDEN__FRAME_KIND__PASS);
        say_passed(0);
        ask("books");
        step_until(EKIDEN__FRAME_KIND__DECLINED);
        say(EKIDEN__FRAME_KIND__WARM);
        cr_assert_eq(step(), EKIDEN_ETIMEOUT, "it pauses");
}

/* Of a rehearsal where an upgrade would keep the PID nothing ahead was offered. */
Test(successors, that_ask_for_what_was_not_offered_are_called_off)
{
        ek_predecessor.report.is_for_kept_pid = true;
        ask("books");
        expect_called_off(EKIDEN_EPROTOCOL);
        ek_predecessor.report.is_for_kept_pid = false;
}

Test(successors, that_do_not_keep_up_with_what_changes_get_more_of_the_time)
{
        const struct ekiden_item *books = ekiden_schema_item(&shelf_v1, "books");
        double least;

        ek_predecessor.ahead.changes_max_bytes = 2 << 20;
        ask("books");
        step_until(EKIDEN__FRAME_KIND__PASS);
        least = ek_predecessor.ahead.pace.least;
        for (int i = 0; ek_ahead_export_fill(ek_predecessor.ahead.items[0]) < 0.63; i++) {
                char key[32];

                snprintf(key, sizeof(key), "another %d", i);
                ekiden_touch_text(books, key);
        }
        cr_assert_eq(step(), 0, "%s", error.sentence);
        cr_assert_eq(ek_predecessor.ahead.pace.least, least, "nothing was sent");
        say_passed(0);
        say(EKIDEN__FRAME_KIND__WARM);
        cr_assert_eq(step(), 0, "%s", error.sentence);
        cr_assert_gt(ek_predecessor.ahead.pace.least, least);
}

static void begin_verified_rehearsal(void)
{
        static const struct ek_deadlines long_ones = {
                .ms = {[EKIDEN_PHASE_WARM] = PATIENCE_MS, [EKIDEN_PHASE_PAUSE] = PATIENCE_MS}};
        static const struct ek_predecessor_setup patient = {.schema = &shelf_v1,
                                                            .deadlines = &long_ones};

        ek_predecessor.setup = &patient;
        ek_predecessor.request.is_rehearsal = ek_predecessor.request.is_verified = true;
        ask("books");
        step_until(EKIDEN__FRAME_KIND__PASS);
        say_passed(0);
        say(EKIDEN__FRAME_KIND__WARM);
        cr_assert_eq(step(), 0, "%s", error.sentence);
}

Test(successors, that_verify_in_a_rehearsal_wait_for_changes_to_happen)
{
        uint64_t wake_ns;

        begin_verified_rehearsal();
        wake_ns = ek_ahead_wake_ns();
        cr_expect_gt(wake_ns, ek_now_ns());
        cr_expect_leq(wake_ns, ek_now_ns() + 1000 * EK_NS_PER_MS);
        shelf_v1_touch_books((const uint8_t *)"book 7", 6);
        cr_assert_eq(step(), 0);
        cr_expect_eq(ek_ahead_export_rest(ek_predecessor.ahead.items[0]), 1, "it was sent at once");
        ek_predecessor.ahead.watch_until_ns = 1; /* it is over */
        cr_expect_eq(step(), EKIDEN_ETIMEOUT, "it pauses");
}

Test(successors, that_verify_wait_no_longer_than_there_is_memory_for_changes)
{
        const struct ekiden_item *books = ekiden_schema_item(&shelf_v1, "books");

        ek_predecessor.ahead.changes_max_bytes = 2 << 20;
        begin_verified_rehearsal();
        for (int i = 0; ek_ahead_export_fill(ek_predecessor.ahead.items[0]) < 0.63; i++) {
                char key[32];

                snprintf(key, sizeof(key), "another %d", i);
                ekiden_touch_text(books, key);
        }
        cr_assert_eq(step(), 0, "%s", error.sentence);
        cr_expect_eq(ek_predecessor.ahead.rounds, 1);
}

Test(successors, of_a_library_that_does_not_send_ahead_what_it_verifies_are_told_of)
{
        ek_predecessor.request.is_verified = true;
        ek_ahead_note_pulled(&ek_predecessor, ek_tagged_find("books"), NULL);
        cr_assert_eq(ek_predecessor.ahead.report_count, 1);
        cr_expect_str_eq(ek_predecessor.ahead.reports[0].reason,
                         "the new version's libekiden sends nothing ahead when it verifies");
}

static void take_over(void *data, enum ekiden_phase phase)
{
        Ekiden__Ready ready = EKIDEN__READY__INIT;
        Ekiden__Taken taken = EKIDEN__TAKEN__INIT;

        (void)data;
        if (phase != EKIDEN_PHASE_PAUSE)
                return;
        ready.update_point = (char *)(uintptr_t) "loop";
        taken.pid = 1;
        cr_assert_eq(
                ek_link_send_message(successor, EKIDEN__FRAME_KIND__READY, &ready.base, &patience),
                0);
        cr_assert_eq(
                ek_link_send_message(successor, EKIDEN__FRAME_KIND__TAKEN, &taken.base, &patience),
                0);
}

/* Not only where the upgrade is called off: the program may take its time to leave. */
Test(successors, that_take_over_leave_no_notes_of_changes_behind)
{
        ek_predecessor.request.observer.phase = take_over;
        ask("books");
        step_until(EKIDEN__FRAME_KIND__PASS);
        say_passed(0);
        say(EKIDEN__FRAME_KIND__WARM);
        cr_assert_eq(step(), EK_STEP_COMMITTED, "%s", error.sentence);
        cr_assert_not(ekiden_is_tracking());
        cr_assert_null(ek_predecessor.ahead.outbox.bytes);
        cr_assert_eq(ek_predecessor_report()->ahead_count, 1);
}

/* All records have crossed, and one has changed since: what follows is the pause. */
static void become_warm(void)
{
        ek_predecessor.request.observer.phase = take_over;
        ask("books");
        step_until(EKIDEN__FRAME_KIND__PASS);
        say_passed(0);
        cr_assert_eq(step(), 0);
        shelf_v1_touch_books((const uint8_t *)"book 0", 6);
        say(EKIDEN__FRAME_KIND__WARM);
}

static uint64_t records_at_the_end(void)
{
        struct ek_frame frame = {0};
        ProtobufCMessage *unpacked;
        uint64_t records;

        while (frame.kind != EKIDEN__FRAME_KIND__END)
                cr_assert_eq(ek_link_receive(successor, &patience, &frame), 0);
        cr_assert_eq(ek_frame_message(&frame, &ekiden__end__descriptor, &unpacked), 0);
        records = ((const Ekiden__End *)unpacked)->records;
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return records;
}

Test(successors, that_take_over_have_each_change_that_the_search_for_others_made)
{
        become_warm();
        upset = UPSET;
        cr_assert_eq(step(), EK_STEP_COMMITTED, "%s", error.sentence);
        cr_assert_eq(upset, 0);
        cr_assert_eq(records_at_the_end(), BOOKS + 1 + UPSET);
}

Test(successors, that_would_lack_a_change_do_not_take_over)
{
        become_warm();
        upset = 1000000;
        cr_assert_eq(step(), EKIDEN_EREFUSED, "%s", error.sentence);
        cr_assert_gt(upset, 0);
        upset = 0;
        cr_assert_not_null(strstr(error.sentence, "find()"), "%s", error.sentence);
        cr_assert_str_eq(error.item, "books");
        cr_assert_not(ekiden_is_tracking());
        cr_assert_eq(shelf.count, BOOKS);
}

/* Nothing waits there for the successor, which reads what it is sent. */
Test(successors, that_are_sent_the_rest_for_longer_than_the_pause_may_last_are_called_off)
{
        become_warm();
        upset = UPSET;
        ek_predecessor.request.max_pause_ns = UPSET / 2 * SEARCH_US * EK_NS_PER_US;
        cr_assert_eq(step(), EKIDEN_ETIMEOUT, "%s", error.sentence);
        cr_assert_gt(upset, 0, "called off behind all that is to be sent");
        cr_assert_not_null(strstr(error.sentence, "--max-pause"), "%s", error.sentence);
        upset = 0;
}

Test(successors, that_are_sent_the_rest_are_called_off_when_the_operator_leaves)
{
        struct ek_link *operator_;
        int ends[2];

        become_warm();
        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        cr_assert_eq(ek_link_new(ends[0], &operator_), 0);
        ek_predecessor.request.operator_ = operator_;
        operator_end = ends[1];
        upset = UPSET;
        cr_assert_eq(step(), EKIDEN_ECANCELLED, "%s", error.sentence);
        cr_assert_gt(upset, 0, "called off behind all that is to be sent");
        upset = 0;
        ek_link_free(operator_);
}

static void expect_out_of_time(const char *words)
{
        ek_predecessor.request.until_ns = 1;
        cr_assert_eq(step(), EKIDEN_ETIMEOUT, "%s", error.sentence);
        cr_expect_not_null(strstr(error.sentence, words), "%s", error.sentence);
}

Test(successors, that_take_longer_than_the_operator_allows_are_said_to_be_sent_state_ahead)
{
        ask("books");
        step_until(EKIDEN__FRAME_KIND__PASS);
        expect_out_of_time("in phase warm, while state was sent ahead of the pause");
}

Test(successors, that_ask_for_nothing_as_long_as_the_operator_allows_are_said_to_do_so)
{
        expect_out_of_time("in phase warm, before the new process asked for its state");
}

Test(successors, that_were_killed_may_have_lacked_memory)
{
        pid_t pid = fork();
        siginfo_t info;

        cr_assert_geq(pid, 0);
        if (pid == 0) {
                pause();
                _exit(1);
        }
        ek_predecessor.child = (struct ek_child){
                .pid = pid, .public_pid = pid, .pidfd = pidfd_open(pid, 0), .daemon = -1};
        cr_assert_geq(ek_predecessor.child.pidfd, 0);
        kill(pid, SIGKILL);
        cr_assert_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
        successor = ek_link_free(successor);
        cr_assert_eq(step(), EKIDEN_EPEER, "%s", error.sentence);
        cr_expect_not_null(strstr(error.sentence, "was killed by signal 9 (Killed) in phase warm"),
                           "%s", error.sentence);
        cr_expect_not_null(strstr(error.sentence, "for want of memory"), "%s", error.sentence);
}

/* Each behind the last one: who answers them all would never serve again. */
Test(successors, that_are_warm_twice_are_called_off)
{
        ask("books");
        step_until(EKIDEN__FRAME_KIND__PASS);
        for (int i = 0; i < FLOOD; i++)
                say(EKIDEN__FRAME_KIND__WARM);
        expect_called_off(EKIDEN_EPROTOCOL);
}

Test(successors, that_are_warm_amid_an_item_are_called_off)
{
        ask("books");
        cr_assert_eq(step(), 0);
        say(EKIDEN__FRAME_KIND__WARM);
        expect_called_off(EKIDEN_EPROTOCOL);
}

Test(successors, that_ask_ahead_of_an_answer_are_called_off)
{
        for (int i = 0; i < FLOOD; i++)
                ask("no such");
        expect_called_off(EKIDEN_EPROTOCOL);
}

Test(successors, that_ask_without_an_end_are_called_off)
{
        int r = 0;

        for (int i = 0; r == 0 && i < FLOOD; i++) {
                struct ek_frame frame;

                ask("no such");
                r = step();
                if (r == 0)
                        cr_assert_eq(ek_link_receive(successor, &patience, &frame), 0);
        }
        cr_assert_eq(r, EKIDEN_ELIMIT, "%s", error.sentence);
}

Test(successors, that_say_passed_out_of_turn_are_called_off)
{
        say_passed(0);
        expect_called_off(EKIDEN_EPROTOCOL);
}

Test(successors, that_have_passed_another_round_are_called_off)
{
        ask("books");
        step_until(EKIDEN__FRAME_KIND__PASS);
        say_passed(1);
        expect_called_off(EKIDEN_EPROTOCOL);
}

/* As 16 of them might say, with an hour for each item. */
Test(successors, that_need_absurdly_long_are_not_taken_for_quick_ones)
{
        const struct ekiden_item *books = ekiden_schema_item(&shelf_v1, "books");

        ask("books");
        step_until(EKIDEN__FRAME_KIND__PASS);
        say_passed(0);
        cr_assert_eq(step(), 0);
        ek_predecessor.ahead.their_ns = UINT64_C(16) * 3600 * 1000 * EK_NS_PER_MS;
        ek_predecessor.ahead.their_number = 1;
        for (int i = 0; i < 400000; i++)
                shelf_v1_touch_books((const uint8_t *)&i, sizeof(i));
        cr_assert_eq(ek_changes_noted(ek_changes_of(books)), 400000);
        say(EKIDEN__FRAME_KIND__WARM);
        cr_assert_eq(step(), 0, "it pauses: %s", error.sentence);
        cr_assert_eq(ek_predecessor_phase(), EKIDEN_PHASE_WARM);
}

Test(successors, that_ask_for_a_count_have_it_while_the_program_serves)
{
        ask_count("books", "shelf.v1.Book");
        cr_assert_eq(step(), 0, "%s", error.sentence);
        cr_assert_eq(answered_count("books"), BOOKS);
        cr_assert_eq(ek_predecessor_phase(), EKIDEN_PHASE_WARM);
        say(EKIDEN__FRAME_KIND__WARM);
        cr_assert_eq(step(), EKIDEN_ETIMEOUT, "it pauses");
}

Test(successors, that_ask_for_the_count_of_nothing_have_none)
{
        ask_count("no such", "shelf.v1.Book");
        cr_assert_eq(step(), 0, "%s", error.sentence);
        cr_assert_eq(answered_count("no such"), UINT64_MAX);
}

/* It would be refused in the pause otherwise. */
Test(successors, that_ask_for_the_count_of_another_type_are_called_off)
{
        ask_count("books", "shelf.v1.Ledger");
        expect_called_off(EKIDEN_ETYPE);
}

Test(successors, that_ask_for_a_count_of_no_type_are_called_off)
{
        ask_count("books", NULL);
        expect_called_off(EKIDEN_ETYPE);
}

Test(successors, that_ask_for_counts_without_an_end_are_called_off)
{
        for (int i = 0; i < FLOOD; i++)
                ask_count("no such", "shelf.v1.Book");
        expect_called_off(EKIDEN_EPROTOCOL);
}

Test(successors, that_ask_for_a_count_amid_an_item_are_called_off)
{
        ask("books");
        cr_assert_eq(step(), 0);
        ask_count("books", "shelf.v1.Book");
        expect_called_off(EKIDEN_EPROTOCOL);
}

Test(successors, that_ask_for_a_count_and_then_for_an_item_ahead_are_served)
{
        ask_count("books", "shelf.v1.Book");
        cr_assert_eq(step(), 0, "%s", error.sentence);
        cr_assert_eq(answered_count("books"), BOOKS);
        ask("books");
        step_until(EKIDEN__FRAME_KIND__PASS);
}

/* The old version that keeps the PID stands still from the beginning, and a snapshot has counts of
   its own. */
Test(successors, are_offered_counts_of_a_process_that_serves_alone)
{
        struct ek_predecessor p = ek_predecessor;
        static char snapshot;

        cr_assert(ek_counts_are_offered(&p));
        p.keeping.kept = 3;
        cr_assert_not(ek_counts_are_offered(&p));
        p = ek_predecessor;
        p.request.snapshot = (struct ek_snapshot *)(void *)&snapshot;
        cr_assert_not(ek_counts_are_offered(&p));
}
