/* SPDX-License-Identifier: MIT */
/*
 * Answers ahead of the question: what a predecessor sends because WARM said that it would be
 * pulled, and that a successor which then does otherwise gets all the same what it asks for.
 */
#include "early_party.h"

#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "ekiden/handover.pb-c.h"

#define VALUE "ekiden.Value"

TestSuite(early_answers, .init = early_begin, .fini = early_end, .timeout = 60);

static void say(uint16_t kind, const ProtobufCMessage *message)
{
        cr_assert_eq(ek_link_send_message(early_successor, kind, message, &early_patience), 0);
}

/* WARM with a letter for each item that will be pulled soon. */
static void say_warm(const char *soon)
{
        Ekiden__Warm warm = EKIDEN__WARM__INIT;
        Ekiden__Pull pulls[EK_EARLY_MAX + 1], *pointers[EK_EARLY_MAX + 1];
        char names[EK_EARLY_MAX + 1][2];

        for (warm.n_soon = 0; soon[warm.n_soon]; warm.n_soon++) {
                Ekiden__Pull *pull = pointers[warm.n_soon] = &pulls[warm.n_soon];

                names[warm.n_soon][0] = soon[warm.n_soon];
                names[warm.n_soon][1] = '\0';
                ekiden__pull__init(pull);
                pull->item = names[warm.n_soon];
                pull->message = (char *)(uintptr_t)VALUE;
        }
        warm.soon = pointers;
        say(EKIDEN__FRAME_KIND__WARM, &warm.base);
}

static const char *pulled; /* by the early_successor, in the pause: letters */

/* It asks for all without waiting for an answer, and serves. */
static void go_on(void *data, enum ekiden_phase phase)
{
        Ekiden__Ready ready = EKIDEN__READY__INIT;
        Ekiden__Taken taken = EKIDEN__TAKEN__INIT;

        (void)data;
        if (phase != EKIDEN_PHASE_PAUSE)
                return;
        for (const char *item = pulled; *item; item++) {
                Ekiden__Pull pull = EKIDEN__PULL__INIT;
                char name[] = {*item, '\0'};

                pull.item = name;
                pull.message = (char *)(uintptr_t)VALUE;
                say(EKIDEN__FRAME_KIND__PULL, &pull.base);
        }
        ready.update_point = (char *)(uintptr_t) "loop";
        taken.pid = 1;
        say(EKIDEN__FRAME_KIND__READY, &ready.base);
        say(EKIDEN__FRAME_KIND__TAKEN, &taken.base);
}

/* What has come to the early_successor, in short: the letter of an item, in brackets where it is
   DECLINED, and | for COMMIT. */
static const char *heard(void)
{
        static char text[64];
        size_t size = 0;
        struct ek_frame frame;

        while (ek_link_receive(early_successor, NULL, &frame) == 0) {
                const char *format = NULL;
                ProtobufCMessage *unpacked;

                cr_assert_lt(size + 4, sizeof(text));
                if (frame.kind == EKIDEN__FRAME_KIND__COMMIT)
                        text[size++] = '|';
                else if (frame.kind == EKIDEN__FRAME_KIND__ITEM)
                        format = "%c";
                else if (frame.kind == EKIDEN__FRAME_KIND__DECLINED)
                        format = "(%c)";
                if (!format)
                        continue;
                /* The item's name is the first field of both. */
                cr_assert_eq(ek_frame_message(&frame,
                                              frame.kind == EKIDEN__FRAME_KIND__ITEM
                                                      ? &ekiden__item__descriptor
                                                      : &ekiden__declined__descriptor,
                                              &unpacked),
                             0);
                size += (size_t)sprintf(text + size, format,
                                        frame.kind == EKIDEN__FRAME_KIND__ITEM
                                                ? ((Ekiden__Item *)unpacked)->item[0]
                                                : ((Ekiden__Declined *)unpacked)->item[0]);
                protobuf_c_message_free_unpacked(unpacked, NULL);
        }
        text[size] = '\0';
        return text;
}

/* A successor that says `soon` and then pulls `pulls` hears `expected`; and these items, and no
   others, count as handed over. */
static void expect(const char *soon, const char *pulls, const char *expected)
{
        struct ek_predecessor *p = &ek_predecessor;
        uint64_t records = 0;
        const char *has_heard;

        pulled = pulls;
        p->request.observer.phase = go_on;
        early_offer();
        ek_predecessor_enter(EKIDEN_PHASE_WARM);
        say_warm(soon);
        cr_assert_eq(ek_predecessor_step("loop", &early_error), EK_STEP_COMMITTED, "%s",
                     early_error.sentence);
        has_heard = heard();
        cr_expect_str_eq(has_heard, expected, "\"%s\", and then \"%s\": it heard \"%s\"", soon,
                         pulls, has_heard);
        for (const char *item = EARLY_ITEMS; *item; item++)
                cr_expect_eq(ek_predecessor_has_given(early_find(*item)),
                             strchr(pulls, *item) != NULL, "%c", *item);
        for (const char *item = pulls; *item; item++)
                records++;
        cr_expect_eq(p->report.count.records, records);
}

Test(early_answers, answers_come_in_the_order_foretold_and_once)
{
        expect("abc", "abc", "abc|");
}

Test(early_answers, answers_need_no_pull_and_do_not_count_then)
{
        expect("abc", "", "abc|");
}

Test(early_answers, who_foretells_nothing_pulls)
{
        expect("", "ba", "ba|");
}

Test(early_answers, what_is_large_is_pulled_and_nothing_behind_it_comes_early)
{
        expect("adb", "adb", "a(d)db|");
}

Test(early_answers, what_is_not_there_ends_the_list)
{
        expect("axb", "ab", "a(x)b|");
}

Test(early_answers, an_item_that_is_skipped_may_be_pulled_later)
{
        expect("abc", "bac", "abcac|");
}

Test(early_answers, what_was_not_foretold_makes_both_forget_the_rest)
{
        expect("ab", "cab", "abcab|");
}

Test(early_answers, a_second_pull_is_answered_again)
{
        expect("ab", "aab", "abab|");
}

Test(early_answers, an_item_that_cannot_be_exported_does_no_harm_until_it_is_pulled)
{
        close(early_state.c);
        expect("acb", "ab", "a(c)b|");
        early_state.c = eventfd(3, EFD_CLOEXEC);
}

static int begun; /* exports */

static uint64_t count_too_many(const void *functions, void *data)
{
        (void)functions;
        (void)data;
        return EK_SMALL + 1;
}

static int begin_export(const void *functions, ProtobufCMessage *record,
                        struct ekiden_cursor *cursor, void *data)
{
        (void)functions;
        (void)record;
        (void)cursor;
        (void)data;
        begun++;
        return 0;
}

Test(early_answers, what_announces_too_many_records_for_a_small_item_is_not_begun)
{
        static const struct ekiden_binding binding = {
                .count = count_too_many,
                .export_record = begin_export,
        };
        struct ek_tagged tagged = {
                .item = {.kind = EKIDEN_ITEM_STREAM, .message = &ek_value_message},
                .name = "k",
                .binding = &binding,
        };

        cr_assert_eq(ek_tagged_add(&tagged), 0);
        expect("akb", "a", "a(k)|");
        cr_assert_eq(begun, 0);
}

/* The old program may say goodbye on it. */
Test(early_answers, a_descriptor_that_nobody_wanted_stays_the_predecessors)
{
        expect("ac", "a", "ac|");
        cr_assert_eq(early_number_in('c'), 3);
}

Test(early_answers, a_descriptor_that_was_wanted_is_gone)
{
        expect("ac", "ac", "ac|");
        cr_assert_neq(early_number_in('c'), 3);
}

Test(early_answers, what_is_known_of_an_item_outlasts_an_answer_that_nobody_wanted)
{
        *early_find('a')->last = (struct ek_figures){.is_known = true, .records = 77};
        expect("ab", "b", "ab|");
        cr_assert(early_find('a')->last->is_known);
        cr_assert_eq(early_find('a')->last->records, 77);
}

static void expect_refused(const char *soon)
{
        early_offer();
        ek_predecessor_enter(EKIDEN_PHASE_WARM);
        say_warm(soon);
        cr_assert_eq(ek_predecessor_step("loop", &early_error), EKIDEN_EPROTOCOL, "%s",
                     early_error.sentence);
        cr_assert_eq(ek_predecessor_phase(), EKIDEN_PHASE_NONE);
}

Test(early_answers, who_foretells_too_much_is_called_off)
{
        expect_refused("aaaaaaaaaaaaaaaaa");
}

/* OFFER has named nothing then. */
Test(early_answers, who_foretells_unasked_is_called_off)
{
        ek_predecessor.request.is_verified = true;
        expect_refused("a");
        ek_predecessor.request.is_verified = false;
}
