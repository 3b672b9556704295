/* SPDX-License-Identifier: MIT */
/*
 * Answers ahead of the question: what a predecessor sends because WARM said that it would be
 * pulled, and that a successor which then does otherwise gets all the same what it asks for. The
 * items are plain values: "a" to "d", of which "c" is a descriptor, and "d" is large; where a test
 * tags it, "counter", which the schema has, for which 'e' stands; and values of which there are
 * many.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ekiden/handover.pb-c.h"
#include "handover/compatible.h"
#include "handover/early_successor.h"
#include "handover/keeper_private.h"
#include "handover/predecessor_private.h"
#include "handover/successor.h"
#include "probe_v1.ekiden.h"
#include "wire/clock.h"

#define PATIENCE_MS 10000
#define LARGE_BYTES 100000
#define ITEMS "abcd"
#define VALUE "ekiden.Value"
#define MANY (EK_EARLY_TAGGED_MAX + EK_EARLY_MAX)

static const struct ek_deadlines deadlines = {.ms = {[EKIDEN_PHASE_CHECK] = PATIENCE_MS,
                                                     [EKIDEN_PHASE_WARM] = PATIENCE_MS,
                                                     [EKIDEN_PHASE_PAUSE] = PATIENCE_MS,
                                                     [EKIDEN_PHASE_TRANSFER] = PATIENCE_MS,
                                                     [EKIDEN_PHASE_READY] = PATIENCE_MS,
                                                     [EKIDEN_PHASE_COMMIT] = PATIENCE_MS}};
static const struct ek_origin origin;
static const struct ek_predecessor_setup setup = {
        .schema = &probe_v1, .deadlines = &deadlines, .origin = &origin, .leg = 1};
static const struct ek_wait patience = {.idle_ms = PATIENCE_MS};
static const struct ek_registry registry;
static struct ekiden_error error;
static struct ek_link *successor;

/* The program's state. */
static struct {
        int64_t a, b;
        int c;
        struct ekiden_bytes {
                uint8_t *data;
                size_t size;
        } d;
        Probe__V1__Counter e;
        int64_t many[MANY];
} state;

static void *data_of(char item)
{
        switch (item) {
        case 'a':
                return &state.a;
        case 'b':
                return &state.b;
        case 'c':
                return &state.c;
        default:
                return &state.d.data;
        }
}

/* What an item has in it, if it is what it was. */
static int64_t number_in(const char *item)
{
        uint64_t counter;

        switch (*item) {
        case 'c':
                return read(state.c, &counter, sizeof(counter)) == sizeof(counter)
                               ? (int64_t)counter
                               : -1;
        case 'd':
                return state.d.size == LARGE_BYTES ? state.d.data[LARGE_BYTES - 1] : -1;
        case 'e':
                return read(state.e.listener, &counter, sizeof(counter)) == sizeof(counter)
                               ? (int64_t)state.e.asked
                               : -1;
        default:
                return *(int64_t *)data_of(*item);
        }
}

static const char *name_of(char item)
{
        static const char *const names[] = {"a", "b", "c", "d", "counter"};

        return names[item - 'a'];
}

static struct ek_tagged *find(char item)
{
        return ek_tagged_find(name_of(item));
}

static void tag_counter(void)
{
        const struct ekiden_item *item = ekiden_schema_item(&probe_v1, name_of('e'));
        struct ek_tagged tagged = {
                .item = *item,
                .name = "counter",
                .binding = &ek_message_binding,
                .functions = item->message,
                .data = &state.e,
        };

        cr_assert_eq(ek_tagged_add(&tagged), 0);
}

static void tag(char item)
{
        struct ek_tagged tagged = {
                .item = {.kind = EKIDEN_ITEM_SINGLETON, .message = &ek_value_message},
                .name = {item},
                .binding = &ek_value_binding,
                .data = data_of(item),
                .value_type = item == 'c'   ? EK_VALUE_DESCRIPTOR
                              : item == 'd' ? EK_VALUE_BYTES
                                            : EK_VALUE_INT64,
                .size_bytes = &state.d.size,
        };

        if (item == 'e')
                tag_counter();
        else
                cr_assert_eq(ek_tagged_add(&tagged), 0);
}

static struct ek_tagged *tag_one_of_many(int i)
{
        struct ek_tagged tagged = {
                .item = {.kind = EKIDEN_ITEM_SINGLETON, .message = &ek_value_message},
                .binding = &ek_value_binding,
                .data = &state.many[i],
                .value_type = EK_VALUE_INT64,
        };

        snprintf(tagged.name, sizeof(tagged.name), "value-%d", i);
        cr_assert_eq(ek_tagged_add(&tagged), 0);
        return ek_tagged_find(tagged.name);
}

/* As OFFER does. */
static void offer(void)
{
        char *names[EK_EARLY_TAGGED_MAX];

        (void)ek_early_tagged(&ek_predecessor, names);
}

static void begin(void)
{
        struct ek_predecessor *p = &ek_predecessor;
        int ends[2];

        state.a = 1;
        state.b = 2;
        state.c = eventfd(3, EFD_CLOEXEC);
        state.d.size = LARGE_BYTES;
        state.d.data = calloc(1, LARGE_BYTES);
        state.d.data[LARGE_BYTES - 1] = 4;
        for (const char *item = ITEMS; *item; item++)
                tag(*item);
        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        cr_assert_eq(ek_link_new(ends[1], &successor), 0);
        p->setup = &setup;
        p->serial++;
        cr_assert_eq(ek_link_new(ends[0], &p->link), 0);
        ek_ahead_begin(p);
}

static void end(void)
{
        ek_link_free(successor);
        ek_predecessor.link = ek_link_free(ek_predecessor.link);
        ek_predecessor_forget();
        ek_given_forget(&ek_predecessor.given);
        ek_tagged_forget();
        close(state.c);
        free(state.d.data);
}

TestSuite(early, .init = begin, .fini = end, .timeout = 60);

static void say(uint16_t kind, const ProtobufCMessage *message)
{
        cr_assert_eq(ek_link_send_message(successor, kind, message, &patience), 0);
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

static const char *pulled; /* by the successor, in the pause: letters */

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

/* What has come to the successor, in short: the letter of an item, in brackets where it is
   DECLINED, and | for COMMIT. */
static const char *heard(void)
{
        static char text[64];
        size_t size = 0;
        struct ek_frame frame;

        while (ek_link_receive(successor, NULL, &frame) == 0) {
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

        pulled = pulls;
        p->request.observer.phase = go_on;
        offer();
        ek_predecessor_enter(EKIDEN_PHASE_WARM);
        say_warm(soon);
        cr_assert_eq(ek_predecessor_step("loop", &error), EK_STEP_COMMITTED, "%s", error.sentence);
        cr_expect_str_eq(heard(), expected, "\"%s\", and then \"%s\": it heard \"%s\"", soon, pulls,
                         heard());
        for (const char *item = ITEMS; *item; item++)
                cr_expect_eq(ek_predecessor_has_given(find(*item)), strchr(pulls, *item) != NULL,
                             "%c", *item);
        for (const char *item = pulls; *item; item++)
                records++;
        cr_expect_eq(p->report.count.records, records);
}

Test(early, answers_come_in_the_order_foretold_and_once)
{
        expect("abc", "abc", "abc|");
}

Test(early, answers_need_no_pull_and_do_not_count_then)
{
        expect("abc", "", "abc|");
}

Test(early, who_foretells_nothing_pulls)
{
        expect("", "ba", "ba|");
}

Test(early, what_is_large_is_pulled_and_nothing_behind_it_comes_early)
{
        expect("adb", "adb", "a(d)db|");
}

Test(early, what_is_not_there_ends_the_list)
{
        expect("axb", "ab", "a(x)b|");
}

Test(early, an_item_that_is_skipped_may_be_pulled_later)
{
        expect("abc", "bac", "abcac|");
}

Test(early, what_was_not_foretold_makes_both_forget_the_rest)
{
        expect("ab", "cab", "abcab|");
}

Test(early, a_second_pull_is_answered_again)
{
        expect("ab", "aab", "abab|");
}

Test(early, an_item_that_cannot_be_exported_does_no_harm_until_it_is_pulled)
{
        close(state.c);
        expect("acb", "ab", "a(c)b|");
        state.c = eventfd(3, EFD_CLOEXEC);
}

Test(early, answers_leave_no_descriptor_noted_that_was_not_sent)
{
        state.d.size = 100;
        expect("ad", "ad", "ad|");
        cr_assert_eq(ek_predecessor.given.count, 0);
}

/* The old program may say goodbye on it. */
Test(early, a_descriptor_that_nobody_wanted_stays_the_predecessors)
{
        expect("ac", "a", "ac|");
        cr_assert_eq(number_in("c"), 3);
}

Test(early, a_descriptor_that_was_wanted_is_gone)
{
        expect("ac", "ac", "ac|");
        cr_assert_neq(number_in("c"), 3);
}

Test(early, what_is_known_of_an_item_outlasts_an_answer_that_nobody_wanted)
{
        *find('a')->last = (struct ek_figures){.is_known = true, .records = 77};
        expect("ab", "b", "ab|");
        cr_assert(find('a')->last->is_known);
        cr_assert_eq(find('a')->last->records, 77);
}

static void expect_refused(const char *soon)
{
        offer();
        ek_predecessor_enter(EKIDEN_PHASE_WARM);
        say_warm(soon);
        cr_assert_eq(ek_predecessor_step("loop", &error), EKIDEN_EPROTOCOL, "%s", error.sentence);
        cr_assert_eq(ek_predecessor_phase(), EKIDEN_PHASE_NONE);
}

Test(early, who_foretells_too_much_is_called_off)
{
        expect_refused("aaaaaaaaaaaaaaaaa");
}

/* OFFER has named nothing then. */
Test(early, who_foretells_unasked_is_called_off)
{
        ek_predecessor.request.is_verified = true;
        expect_refused("a");
        ek_predecessor.request.is_verified = false;
}

/* A real successor at the other end, in a process of its own: its exit status is 0 if it has what
   its program tags, in the order of `tags`; * stands
   for the many. */

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
        for (int i = 0; i < MANY; i++)
                if (!has_come(tag_one_of_many(i), failure) || state.many[i] != i)
                        return false;
        return true;
}

static int be_successor(int socket, const struct ek_token *token, const char *tags)
{
        static const struct ek_successor_end nothing;
        struct ekiden_error failure = {0};

        ek_tagged_forget();
        memset(&state, 0, sizeof(state));
        state.c = -1;
        probe__v1__counter__init(&state.e);
        if (ek_successor_start(socket, token, &probe_v1, &registry, 0, &failure) < 0)
                return 2;
        for (; *tags; tags++) {
                if (*tags == '*') {
                        if (!have_many_come(&failure))
                                return 3;
                        continue;
                }
                tag(*tags);
                if (!has_come(find(*tags), &failure) || number_in(tags) != *tags - 'a' + 1)
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

        while ((r = ek_predecessor_step("loop", &error)) == 0)
                usleep(1000);
        return r;
}

/* The same where it is the keeper of its PID, behind the split: nobody serves any more. */
static int give_as_keeper(void)
{
        ek_predecessor.keeping.pid = ek_predecessor.child.pid;
        return ek_keeper_give(&ek_predecessor, ek_now_ns(), &error);
}

/* Frames of answers and the descriptors among them that would stay behind are an error of the
   successor's: so what it skips, it takes off the socket. */
static void expect_resumed_by(int (*give)(void), const char *tags)
{
        struct ek_predecessor *p = &ek_predecessor;
        uint64_t records = 0;
        int socket = dup(ek_link_socket(successor)), status, r;
        pid_t child;

        cr_assert_eq(ek_token_draw(&p->token, &error), 0);
        ek_predecessor_enter(EKIDEN_PHASE_CHECK);
        cr_assert_eq(ek_link_identify(p->link), 0);
        cr_assert_eq(ek_predecessor_offer(p, false, &error), 0);
        child = fork();
        if (child == 0) {
                ek_link_free(p->link);
                _exit(be_successor(socket, &p->token, tags));
        }
        close(socket);
        ek_link_free(successor);
        successor = NULL;
        p->child.pid = child;
        r = give();
        cr_assert_eq(r, EK_STEP_COMMITTED, "\"%s\": %s", tags, error.sentence);
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "\"%s\": %d", tags, status);
        for (; *tags; tags++)
                records += *tags == '*' ? MANY : 1;
        cr_assert_eq(p->report.count.records, records);
}

static void expect_resumed(const char *tags)
{
        expect_resumed_by(step_by_step, tags);
}

/* Behind the first one, in the predecessor's order. */
Test(early, a_successor_foretells_what_its_predecessor_had)
{
        expect_resumed("abc");
        cr_assert_eq(ek_predecessor.early.warm->n_soon, 4);
        cr_assert_eq(ek_predecessor.early.answered, 3, "all but the large one");
}

Test(early, a_successor_that_begins_elsewhere_foretells_what_is_behind)
{
        expect_resumed("c");
        cr_assert_eq(ek_predecessor.early.warm->n_soon, 2);
        cr_assert_eq(ek_predecessor.early.answered, 1);
}

Test(early, a_successor_gets_what_it_asks_for_in_any_order)
{
        static const char *const orders[] = {"acb", "abcd", "bacd", "dcba", "acdb", "cab", "dabc"};

        for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
                if (i > 0) {
                        end();
                        begin();
                }
                expect_resumed(orders[i]);
        }
}

Test(early, a_successor_may_leave_out_what_it_foretold)
{
        static const char *const orders[] = {"", "a", "ac", "ad", "ab", "b", "d"};

        for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
                if (i > 0) {
                        end();
                        begin();
                }
                expect_resumed(orders[i]);
        }
}

/* There nobody serves while it lasts. */
Test(early, where_the_pid_is_kept_answers_come_early_and_in_any_order)
{
        static const char *const orders[] = {"abc", "acb", "dcba", "ad", "", "c", "b"};

        for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
                if (i > 0) {
                        end();
                        begin();
                }
                expect_resumed_by(give_as_keeper, orders[i]);
        }
        cr_assert_eq(ek_predecessor.early.answered, 2, "what is behind \"b\" but the large one");
}

/* Beside values, which are of no schema. */
Test(early, a_successor_foretells_items_of_its_schema)
{
        static const char *const orders[] = {"ae", "ea", "aeb", "abce", "a", "e"};

        for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
                if (i > 0) {
                        end();
                        begin();
                }
                cr_assert_eq(ek_tagged_remove("d"), 0);
                probe__v1__counter__init(&state.e);
                state.e.asked = 5;
                state.e.listener = eventfd(1, EFD_CLOEXEC);
                tag('e');
                expect_resumed(orders[i]);
                close(state.e.listener);
                cr_assert_eq(ek_predecessor.early.answered, ek_predecessor.early.warm->n_soon);
                cr_assert_eq(ek_predecessor.early.answered, *orders[i] == 'e' ? 1 : 4);
        }
}

/* As many as OFFER and WARM have room for; what is behind is pulled. */
Test(early, there_may_be_more_items_than_are_foretold)
{
        ek_tagged_forget();
        for (int i = 0; i < MANY; i++) {
                state.many[i] = i;
                tag_one_of_many(i);
        }
        expect_resumed("*");
        cr_assert_eq(ek_predecessor.early.warm->n_soon, EK_EARLY_MAX);
        cr_assert_eq(ek_predecessor.early.answered, EK_EARLY_MAX);
}

/* One whose name is too long for an item's is none, and what is behind the last is not noted. */
Test(early, names_that_a_predecessor_offers_are_bounded)
{
        const struct ek_ahead_source source = {.link = successor, .wait = &patience};
        const struct ek_chain chain = {.from = &probe_v1, .to = &probe_v1};
        Ekiden__Offer offered = EKIDEN__OFFER__INIT;
        char *names[MANY], text[MANY][EKIDEN_NAME_MAX + 2];
        struct ek_frame frame;

        for (int i = 0; i < MANY; i++) {
                snprintf(text[i], sizeof(text[i]), "value-%d", i);
                names[i] = text[i];
        }
        memset(text[0], 'x', EKIDEN_NAME_MAX + 1);
        text[0][EKIDEN_NAME_MAX + 1] = '\0';
        strcpy(text[EK_EARLY_TAGGED_MAX], name_of('e'));
        offered.tagged = names;
        offered.n_tagged = MANY;
        offer();
        ek_early_note_offer(&offered);
        cr_assert_eq(ek_early_foretell(&source, &chain, ekiden_schema_item(&probe_v1, name_of('e')),
                                       &error),
                     0);
        ek_early_end();
        cr_assert_eq(ek_link_flush(successor, &patience), 0);
        cr_assert_eq(ek_receive(ek_predecessor.link, &patience, &frame, &error), 0);
        cr_assert_eq(ek_early_take(&ek_predecessor, &frame, &error), 0);
        cr_assert_eq(ek_predecessor.early.warm->n_soon, 1);
        cr_assert_str_eq(ek_predecessor.early.warm->soon[0]->item, name_of('e'));
}
