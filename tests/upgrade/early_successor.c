/* SPDX-License-Identifier: MIT */
/*
 * Answers ahead of the question, as a successor foretells and finds them. Most tests have a real
 * one at the other end, in a process of its own: its exit status is 0 if it has what its program
 * tags, in the order of `tags`; * stands for the many.
 */
#include "early_party.h"

#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "ekiden/handover.pb-c.h"
#include "handover/compatible.h"
#include "handover/early_successor.h"
#include "handover/keeper_private.h"
#include "handover/refusal.h"
#include "handover/successor.h"
#include "wire/clock.h"

static const struct ek_registry registry;

TestSuite(early_successor, .init = early_begin, .fini = early_end, .timeout = 60);

/* Whether an item has come, with what its predecessor had. */
static bool has_come(struct ek_tagged *tagged, struct ekiden_error *failure)
{
        if (ek_successor_fetch(tagged, failure) == EKIDEN_RESUMED)
                return true;
        fprintf(stderr, "%s: %s\n", tagged->name, failure->sentence);
        return false;
}

static bool have_many_come(struct ekiden_error *failure)
{
        for (int i = 0; i < EARLY_MANY; i++)
                if (!has_come(early_tag_one_of_many(i), failure) || early_state.many[i] != i)
                        return false;
        return true;
}

static int be_successor(int socket, const struct ek_token *token, const char *tags)
{
        static const struct ek_successor_end nothing;
        struct ekiden_error failure = {0};

        ek_tagged_forget();
        memset(&early_state, 0, sizeof(early_state));
        early_state.c = -1;
        probe__v1__counter__init(&early_state.e);
        if (ek_successor_start(socket, token, &probe_v1, &registry, 0, &failure) < 0)
                return 2;
        for (; *tags; tags++) {
                if (*tags == '*') {
                        if (!have_many_come(&failure))
                                return 3;
                        continue;
                }
                early_tag(*tags);
                if (!has_come(early_find(*tags), &failure) ||
                    early_number_in(*tags) != *tags - 'a' + 1)
                        return 3;
        }
        if (ek_successor_finish("loop", &nothing, &failure) < 0) {
                fprintf(stderr, "%s\n", failure.sentence);
                return 4;
        }
        return 0;
}

/* Steps of the predecessor's until it is over: its result. */
static int step_by_step(void)
{
        int r;

        while ((r = ek_predecessor_step("loop", &early_error)) == 0)
                usleep(1000);
        return r;
}

/* The same where it is the keeper of its PID, behind the split: nobody serves any more. */
static int give_as_keeper(void)
{
        ek_predecessor.keeping.pid = ek_predecessor.child.pid;
        return ek_keeper_give(&ek_predecessor, ek_now_ns(), &early_error);
}

/* Frames of answers and the descriptors among them that would stay behind are an error of the
   successor's: so what it skips, it takes off the socket. */
static void expect_resumed_by(int (*give)(void), const char *tags)
{
        struct ek_predecessor *p = &ek_predecessor;
        uint64_t records = 0;
        int socket = dup(ek_link_socket(early_successor)), status, r;
        pid_t child;

        cr_assert_eq(ek_token_draw(&p->token, &early_error), 0);
        ek_predecessor_enter(EKIDEN_PHASE_CHECK);
        cr_assert_eq(ek_link_identify(p->link), 0);
        cr_assert_eq(ek_predecessor_offer(p, false, &early_error), 0);
        child = fork();
        if (child == 0) {
                ek_link_free(p->link);
                _exit(be_successor(socket, &p->token, tags));
        }
        close(socket);
        ek_link_free(early_successor);
        early_successor = NULL;
        p->child.pid = child;
        r = give();
        cr_assert_eq(r, EK_STEP_COMMITTED, "\"%s\": %s", tags, early_error.sentence);
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "\"%s\": %d", tags, status);
        for (; *tags; tags++)
                records += *tags == '*' ? EARLY_MANY : 1;
        cr_assert_eq(p->report.count.records, records);
}

static void expect_resumed(const char *tags)
{
        expect_resumed_by(step_by_step, tags);
}

/* Behind the first one, in the predecessor's order. */
Test(early_successor, a_successor_foretells_what_its_predecessor_had)
{
        expect_resumed("abc");
        cr_assert_eq(ek_predecessor.early.warm->n_soon, 4);
        cr_assert_eq(ek_predecessor.early.answered, 3, "all but the large one");
}

Test(early_successor, a_successor_that_begins_elsewhere_foretells_what_is_behind)
{
        expect_resumed("c");
        cr_assert_eq(ek_predecessor.early.warm->n_soon, 2);
        cr_assert_eq(ek_predecessor.early.answered, 1);
}

Test(early_successor, a_successor_gets_what_it_asks_for_in_any_order)
{
        static const char *const orders[] = {"acb", "abcd", "bacd", "dcba", "acdb", "cab", "dabc"};

        for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
                if (i > 0) {
                        early_end();
                        early_begin();
                }
                expect_resumed(orders[i]);
        }
}

Test(early_successor, a_successor_may_leave_out_what_it_foretold)
{
        static const char *const orders[] = {"", "a", "ac", "ad", "ab", "b", "d"};

        for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
                if (i > 0) {
                        early_end();
                        early_begin();
                }
                expect_resumed(orders[i]);
        }
}

/* There nobody serves while it lasts. */
Test(early_successor, where_the_pid_is_kept_answers_come_early_and_in_any_order)
{
        static const char *const orders[] = {"abc", "acb", "dcba", "ad", "", "c", "b"};

        for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
                if (i > 0) {
                        early_end();
                        early_begin();
                }
                expect_resumed_by(give_as_keeper, orders[i]);
        }
        cr_assert_eq(ek_predecessor.early.answered, 2, "what is behind \"b\" but the large one");
}

/* Beside values, which are of no schema. */
Test(early_successor, a_successor_foretells_items_of_its_schema)
{
        static const char *const orders[] = {"ae", "ea", "aeb", "abce", "a", "e"};

        for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
                if (i > 0) {
                        early_end();
                        early_begin();
                }
                cr_assert_eq(ek_tagged_remove("d"), 0);
                probe__v1__counter__init(&early_state.e);
                early_state.e.asked = 5;
                early_state.e.listener = eventfd(1, EFD_CLOEXEC);
                early_tag('e');
                expect_resumed(orders[i]);
                close(early_state.e.listener);
                cr_assert_eq(ek_predecessor.early.answered, ek_predecessor.early.warm->n_soon);
                cr_assert_eq(ek_predecessor.early.answered, *orders[i] == 'e' ? 1 : 4);
        }
}

/* As many as OFFER and WARM have room for; what is behind is pulled. */
Test(early_successor, there_may_be_more_items_than_are_foretold)
{
        ek_tagged_forget();
        for (int i = 0; i < EARLY_MANY; i++) {
                early_state.many[i] = i;
                early_tag_one_of_many(i);
        }
        expect_resumed("*");
        cr_assert_eq(ek_predecessor.early.warm->n_soon, EK_EARLY_MAX);
        cr_assert_eq(ek_predecessor.early.answered, EK_EARLY_MAX);
}

/* What the successor of this process foretells, with these items offered, if it pulls "counter"
   first. */
static const Ekiden__Warm *foretell(char **names, size_t count)
{
        static const struct ek_chain chain = {.from = &probe_v1, .to = &probe_v1};
        const struct ek_ahead_source source = {.link = early_successor, .wait = &early_patience};
        Ekiden__Offer offered = EKIDEN__OFFER__INIT;
        struct ek_frame frame;

        offered.tagged = names;
        offered.n_tagged = count;
        early_offer();
        ek_early_note_offer(&offered);
        cr_assert_eq(ek_early_foretell(&source, &chain, ekiden_schema_item(&probe_v1, "counter"),
                                       &early_error),
                     0);
        cr_assert_eq(ek_link_flush(early_successor, &early_patience), 0);
        cr_assert_eq(ek_receive(ek_predecessor.link, &early_patience, &frame, &early_error), 0);
        cr_assert_eq(ek_early_take(&ek_predecessor, &frame, &early_error), 0);
        return ek_predecessor.early.warm;
}

/* One whose name is too long for an item's is none, and what is behind the last is not noted. */
Test(early_successor, names_that_a_predecessor_offers_are_bounded)
{
        char *names[EARLY_MANY], text[EARLY_MANY][EKIDEN_NAME_MAX + 2];
        const Ekiden__Warm *warm;

        for (int i = 0; i < EARLY_MANY; i++) {
                snprintf(text[i], sizeof(text[i]), "value-%d", i);
                names[i] = text[i];
        }
        memset(text[0], 'x', EKIDEN_NAME_MAX + 1);
        text[0][EKIDEN_NAME_MAX + 1] = '\0';
        strcpy(text[EK_EARLY_TAGGED_MAX], "counter");
        early_tag('e');
        warm = foretell(names, EARLY_MANY);
        ek_early_end();
        cr_assert_eq(warm->n_soon, 1);
        cr_assert_str_eq(warm->soon[0]->item, "counter");
}

/* Another item of this version comes from it, too, and will pull it again: what lies behind it
   would be thrown away then. An item that is not tagged yet is such a one. */
Test(early_successor, nothing_is_foretold_behind_what_is_pulled_twice)
{
        char counter[] = "counter", behind[] = "behind", *names[] = {counter, behind};
        const Ekiden__Warm *warm = foretell(names, 2);

        ek_early_end();
        cr_assert_eq(warm->n_soon, 1);
        cr_assert_str_eq(warm->soon[0]->item, "counter");
        early_tag('e');
        warm = foretell(names, 2);
        ek_early_end();
        cr_assert_eq(warm->n_soon, 2);
        cr_assert_str_eq(warm->soon[1]->item, "behind");
}

/* It has closed, so a PULL cannot be sent; why, it has said before. */
Test(early_successor, why_a_predecessor_called_it_off_behind_its_answers_is_heard)
{
        const struct ek_ahead_source source = {.link = early_successor, .wait = &early_patience};
        Ekiden__Pull pull = EKIDEN__PULL__INIT;
        char counter[] = "counter", *names[] = {counter};
        struct ekiden_error reason = {0};

        foretell(names, 1);
        ekiden_error_set(&reason, EKIDEN_ETIMEOUT, "the pause took too long");
        ek_refuse(ek_predecessor.link, &reason);
        ek_predecessor.link = ek_link_free(ek_predecessor.link);
        pull.item = counter;
        pull.message = counter;
        cr_assert_eq(ek_link_queue_message(early_successor, EKIDEN__FRAME_KIND__PULL, &pull.base,
                                           &early_patience),
                     0);
        cr_assert_eq(ek_early_reach(&source, ekiden_schema_item(&probe_v1, counter), &early_error),
                     EKIDEN_ETIMEOUT, "%s", early_error.sentence);
        ek_early_end();
}
