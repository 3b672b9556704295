/* SPDX-License-Identifier: MIT */
/* Programs that refuse and transformers that do what they may not: an error, and nothing leaks. */
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#include "crates.h"
#include "ekiden/handover.pb-c.h"
#include "yard_v2.ekiden.h"

#define RECORDS 6

static void fill(struct crates *crates, Yard__V1__Crate *crate, struct ekiden_cursor *cursor)
{
        crate->has_id = 1;
        crate->id = cursor->record;
        crate->has_handle = 1;
        crate->handle = crates->pool[0];
        crate->n_handles = 2;
        crate->handles = ekiden_cursor_alloc(cursor, 2 * sizeof(int32_t));
        crate->handles[0] = crates->pool[1];
        crate->handles[1] = crates->pool[2];
}

static void fill_badly(struct crates *crates, Yard__V1__Crate *crate, struct ekiden_cursor *cursor)
{
        fill(crates, crate, cursor);
        if (cursor->record == 2)
                crate->label = (char *)(uintptr_t) "\xff";
}

static struct crates full_yard(void)
{
        static int pool[3];

        for (int i = 0; i < 3; i++)
                pool[i] = eventfd(0, EFD_CLOEXEC);
        return (struct crates){.count = RECORDS, .fill = fill, .pool = pool, .pool_size = 3};
}

static void clear_yard(const struct crates *crates)
{
        for (size_t i = 0; i < crates->pool_size; i++)
                close(crates->pool[i]);
}

LeakTest(refusal, of_any_record_by_the_importing_program_leaks_nothing)
{
        struct crates from = full_yard();

        for (uint64_t k = 0; k < RECORDS; k++) {
                struct crates to = {.fails = true, .fail_at = k, .fail_with = EKIDEN_EREFUSED};
                struct exchange exchange;
                char words[64];

                send_crates(&from, &to, &exchange);
                snprintf(words, sizeof(words), "record %u: there is no room", (unsigned int)k);
                cr_expect_eq(exchange.imported, EKIDEN_EREFUSED);
                cr_expect_eq(exchange.import_error.code, EKIDEN_EREFUSED);
                cr_expect_not_null(strstr(exchange.import_error.sentence, words), "%s",
                                   exchange.import_error.sentence);
                cr_expect_str_eq(exchange.import_error.item, "crates");
                cr_expect_eq(to.taken, k);
        }
        clear_yard(&from);
}

LeakTest(refusal, without_a_sentence_gets_one)
{
        struct crates from = full_yard();
        struct crates to = {.fails = true, .fail_at = 2, .fail_with = EKIDEN_ENOMEM};
        struct exchange exchange;

        send_crates(&from, &to, &exchange);
        cr_expect_eq(exchange.imported, EKIDEN_ENOMEM);
        cr_expect_eq(exchange.import_error.code, EKIDEN_ENOMEM);
        cr_expect_not_null(strstr(exchange.import_error.sentence, "record 2"), "%s",
                           exchange.import_error.sentence);
        clear_yard(&from);
}

static void expect_answer(const struct ekiden_error *error, int result, const char *words)
{
        cr_expect_eq(result, EKIDEN_EREFUSED, "%d", result);
        cr_expect_eq(error->code, EKIDEN_EREFUSED);
        cr_expect_not_null(strstr(error->sentence, words), "\"%s\"", error->sentence);
}

/* A -1 that means "no" is no EKIDEN_EINVAL, which would say that the operator asked for nonsense.
 */
LeakTest(refusal, by_a_number_that_is_no_refusal_is_told_as_the_functions_answer)
{
        struct crates from = full_yard(), to = {0};
        struct exchange exchange;
        char words[128];

        for (int code = -30; code < 0; code++) {
                if (code == EKIDEN_EREFUSED || code == EKIDEN_ENOMEM)
                        continue;
                to = (struct crates){.fails = true, .fail_at = 2, .fail_with = code};
                from.fails = false;
                send_crates(&from, &to, &exchange);
                snprintf(words, sizeof(words),
                         "import_record function for item \"crates\" answered %d on record 2",
                         code);
                expect_answer(&exchange.import_error, exchange.imported, words);
                to.fails = false;
                from.fails = true;
                from.fail_at = 3;
                from.fail_with = code;
                send_crates(&from, &to, &exchange);
                snprintf(words, sizeof(words),
                         "export_record function for item \"crates\" answered %d on record 3",
                         code);
                expect_answer(&exchange.export_error, exchange.exported, words);
        }
        clear_yard(&from);
}

LeakTest(refusal, of_any_record_by_the_exporting_program_ends_both_sides)
{
        struct crates from = full_yard(), to = {0};

        from.fails = true;
        from.fail_with = EKIDEN_EREFUSED;
        for (from.fail_at = 0; from.fail_at <= RECORDS; from.fail_at++) {
                struct exchange exchange;

                send_crates(&from, &to, &exchange);
                cr_expect_eq(exchange.exported, EKIDEN_EREFUSED);
                cr_expect_eq(exchange.export_error.code, EKIDEN_EREFUSED);
                cr_expect_not_null(strstr(exchange.export_error.sentence, "nailed down"));
                cr_expect_str_eq(exchange.export_error.item, "crates");
                cr_expect_eq(exchange.imported, EKIDEN_EPEER);
        }
        clear_yard(&from);
}

/* Both of an exporting and of an importing program that work on messages. */
LeakTest(refusal, of_a_keyed_record_names_the_key)
{
        struct crates from = full_yard(), to = {.fails = true, .fail_at = 4, .fail_with = -1};
        struct ek_tagged tagged = tag_item(&yard_v1, "crates", &crates_binding, &from);
        struct ek_tagged tagged_to = tag_item(&yard_v1, "crates", &crates_binding, &to);
        struct ek_route route = identity(&yard_v1, "crates");
        struct exchange exchange = {.from = &tagged, .to = &tagged_to, .route = &route};

        tagged.item.key = tagged_to.item.key = 1;
        run_exchange(&exchange);
        expect_answer(&exchange.import_error, exchange.imported, "on record 4 (id 4);");
        to.fails = false;
        from.fill = fill_badly;
        run_exchange(&exchange);
        expect_answer(&exchange.export_error, exchange.exported,
                      "record 2 (id 2): field \"label\"");
        clear_yard(&from);
}

/* From here on: crates of version 1 become crates of version 2, by a transformer of the test's. */
static int import_v2(const void *functions, const ProtobufCMessage *record,
                     struct ekiden_cursor *cursor, void *data)
{
        const Yard__V2__Crate *crate = (const Yard__V2__Crate *)record;
        uint64_t *taken = data;

        (void)functions;
        (void)cursor;
        (*taken)++;
        if (crate->handle >= 0)
                cr_assert_eq(close(crate->handle), 0);
        for (size_t i = 0; i < crate->n_handles; i++)
                cr_assert_eq(close(crate->handles[i]), 0);
        return 0;
}

static void transform_crates(struct crates *from, ekiden_transform_function function,
                             uint64_t *taken, struct exchange *ret_exchange)
{
        static const struct ekiden_binding binding = {.import_record = import_v2};
        const struct ekiden_transformer transformer = {"crates", "crates", function};
        const struct ekiden_hop_table hop = {&yard_v1, &yard_v2, &transformer, 1, NULL, 0};
        const struct ek_chain chain = {
                .from = &yard_v1, .to = &yard_v2, .hops = {&hop}, .count = 1};
        const struct ek_tagged tagged = tag_item(&yard_v1, "crates", &crates_binding, from);
        const struct ek_tagged tagged_to = tag_item(&yard_v2, "crates", &binding, taken);
        struct ek_route route;

        cr_assert_eq(ek_route_find(&chain, ekiden_schema_item(&yard_v2, "crates"), &route, NULL),
                     0);
        *ret_exchange = (struct exchange){.from = &tagged, .to = &tagged_to, .route = &route};
        *taken = 0;
        run_exchange(ret_exchange);
}

static int keep(const Yard__V1__Crate *old, Yard__V2__Crate *new_, struct ekiden_hop *hop)
{
        (void)hop;
        new_->has_handle = old->has_handle;
        new_->handle = old->handle;
        new_->n_handles = old->n_handles;
        new_->handles = old->handles;
        return 0;
}
EKIDEN_TRANSFORMER(keep, Yard__V1__Crate, Yard__V2__Crate);

static int keep_one(const Yard__V1__Crate *old, Yard__V2__Crate *new_, struct ekiden_hop *hop)
{
        if (ekiden_hop_record(hop) % 2)
                ekiden_hop_drop(hop);
        new_->has_handle = 1;
        new_->handle = old->handles[1];
        return 0;
}
EKIDEN_TRANSFORMER(keep_one, Yard__V1__Crate, Yard__V2__Crate);

LeakTest(refusal, is_none_when_a_transformer_lets_descriptors_fall)
{
        struct crates from = full_yard();
        struct exchange exchange;
        uint64_t taken;

        transform_crates(&from, keep_transformer, &taken, &exchange);
        cr_expect_eq(exchange.imported, EKIDEN_RESUMED, "%s", exchange.import_error.sentence);
        cr_expect_eq(taken, RECORDS);
        transform_crates(&from, keep_one_transformer, &taken, &exchange);
        cr_expect_eq(exchange.imported, EKIDEN_RESUMED, "%s", exchange.import_error.sentence);
        cr_expect_eq(taken, RECORDS / 2);
        clear_yard(&from);
}

/* Of each second record, one descriptor becomes two; what is dropped has a duplicate, too. */
static int split(const Yard__V1__Crate *old, Yard__V2__Crate *new_, struct ekiden_hop *hop)
{
        keep_one(old, new_, hop);
        new_->n_handles = 1;
        new_->handles = ekiden_hop_alloc(hop, sizeof(int32_t));
        return ekiden_hop_duplicate(hop, new_->handle, &new_->handles[0]);
}
EKIDEN_TRANSFORMER(split, Yard__V1__Crate, Yard__V2__Crate);

LeakTest(refusal, is_none_when_a_transformer_duplicates_a_descriptor)
{
        struct crates from = full_yard();
        struct exchange exchange;
        uint64_t taken;

        transform_crates(&from, split_transformer, &taken, &exchange);
        cr_expect_eq(exchange.imported, EKIDEN_RESUMED, "%s", exchange.import_error.sentence);
        cr_expect_eq(taken, RECORDS / 2);
        clear_yard(&from);
}

static int split_and_refuse(const Yard__V1__Crate *old, Yard__V2__Crate *new_,
                            struct ekiden_hop *hop)
{
        int r = split(old, new_, hop);

        return r < 0 ? r : ekiden_hop_refuse(hop, "it has a descriptor too many");
}
EKIDEN_TRANSFORMER(split_and_refuse, Yard__V1__Crate, Yard__V2__Crate);

LeakTest(refusal, closes_what_its_transformer_had_duplicated)
{
        struct crates from = full_yard();
        struct exchange exchange;
        uint64_t taken;

        transform_crates(&from, split_and_refuse_transformer, &taken, &exchange);
        cr_expect_eq(exchange.imported, EKIDEN_ETRANSFORMER, "%d", exchange.imported);
        cr_expect_eq(taken, 0);
        clear_yard(&from);
}

static int repeat(const Yard__V1__Crate *old, Yard__V2__Crate *new_, struct ekiden_hop *hop)
{
        keep(old, new_, hop);
        new_->handle = old->handles[0];
        return 0;
}
EKIDEN_TRANSFORMER(repeat, Yard__V1__Crate, Yard__V2__Crate);

static int invent(const Yard__V1__Crate *old, Yard__V2__Crate *new_, struct ekiden_hop *hop)
{
        keep(old, new_, hop);
        new_->n_handles = 1;
        new_->handles = ekiden_hop_alloc(hop, sizeof(int32_t));
        new_->handles[0] = 0; /* a descriptor of the process, and none of the record's */
        return 0;
}
EKIDEN_TRANSFORMER(invent, Yard__V1__Crate, Yard__V2__Crate);

static int emit_twice(const Yard__V1__Crate *old, Yard__V2__Crate *new_, struct ekiden_hop *hop)
{
        int r;

        keep(old, new_, hop);
        r = ekiden_hop_emit(hop, &new_->base);
        return r;
}
EKIDEN_TRANSFORMER(emit_twice, Yard__V1__Crate, Yard__V2__Crate);

/* The one before was closed when its record was done. */
static int keep_the_previous(const Yard__V1__Crate *old, Yard__V2__Crate *new_,
                             struct ekiden_hop *hop)
{
        static int32_t previous = -1;

        (void)hop;
        new_->has_handle = 1;
        new_->handle = previous;
        previous = old->handle;
        return 0;
}
EKIDEN_TRANSFORMER(keep_the_previous, Yard__V1__Crate, Yard__V2__Crate);

static void expect_refused(ekiden_transform_function transform, uint64_t expected_taken)
{
        struct crates from = full_yard();
        struct exchange exchange;
        uint64_t taken;

        transform_crates(&from, transform, &taken, &exchange);
        cr_expect_eq(exchange.imported, EKIDEN_ETRANSFORMER, "%d", exchange.imported);
        cr_expect_eq(exchange.import_error.code, EKIDEN_ETRANSFORMER);
        cr_expect_not_null(strstr(exchange.import_error.sentence, "descriptor"), "%s",
                           exchange.import_error.sentence);
        cr_expect_eq(taken, expected_taken);
        clear_yard(&from);
}

LeakTest(refusal, of_a_descriptor_that_a_transformer_put_into_two_fields)
{
        expect_refused(repeat_transformer, 0);
}

LeakTest(refusal, of_a_descriptor_that_a_transformer_invented)
{
        expect_refused(invent_transformer, 0);
}

LeakTest(refusal, of_a_descriptor_that_a_transformer_passed_on_twice)
{
        expect_refused(emit_twice_transformer, 1);
}

LeakTest(refusal, of_a_descriptor_that_another_record_had)
{
        expect_refused(keep_the_previous_transformer, 1);
}

/* What a peer says in place of an answer, as the importing side reports it. */
static int import_answer(uint16_t kind, const ProtobufCMessage *message, struct ekiden_error *error)
{
        const struct ek_wait wait = {.idle_ms = LONG_MS};
        const struct ek_tagged tagged = tag_item(&yard_v1, "crates", &crates_binding, NULL);
        const struct ek_route route = identity(&yard_v1, "crates");
        struct ek_link *links[2];
        int r;

        two_links(links);
        cr_assert_eq(ek_link_send_message(links[0], kind, message, &wait), 0);
        r = ek_import_item(links[1], &wait, &tagged, &route, NULL, error);
        ek_link_free(links[0]);
        ek_link_free(links[1]);
        return r;
}

LeakTest(refusal, by_the_peer_arrives_with_all_that_it_says)
{
        Ekiden__Refusal refusal = EKIDEN__REFUSAL__INIT;
        struct ekiden_error error = {0};

        refusal.code = EKIDEN_EREFUSED;
        refusal.has_phase = 1;
        refusal.phase = EKIDEN_PHASE_TRANSFER;
        refusal.item = (char[]){"crates"};
        refusal.field = (char[]){"handle"};
        refusal.has_system_errno = 1;
        refusal.system_errno = 9;
        refusal.sentence = (char[]){"no\x1b[2Jmore\ncrates\xc2\x9b"};
        cr_expect_eq(import_answer(EKIDEN__FRAME_KIND__REFUSAL, &refusal.base, &error),
                     EKIDEN_EREFUSED);
        cr_expect_eq(error.code, EKIDEN_EREFUSED);
        cr_expect_eq(error.phase, EKIDEN_PHASE_TRANSFER);
        cr_expect_str_eq(error.item, "crates");
        cr_expect_str_eq(error.field, "handle");
        cr_expect_eq(error.system_errno, 9);
        cr_expect_str_eq(error.sentence, "no [2Jmore crates  ", "nothing that a terminal obeys");
}

LeakTest(refusal, by_the_peer_that_claims_success_is_an_error)
{
        Ekiden__Refusal refusal = EKIDEN__REFUSAL__INIT;
        struct ekiden_error error = {0};

        refusal.code = 0;
        refusal.has_phase = 1;
        refusal.phase = 77;
        cr_expect_eq(import_answer(EKIDEN__FRAME_KIND__REFUSAL, &refusal.base, &error),
                     EKIDEN_EPROTOCOL);
        cr_expect_eq(error.phase, EKIDEN_PHASE_NONE);
        cr_expect(error.sentence[0]);
}

LeakTest(refusal, by_the_peer_without_a_word_is_told_in_ours)
{
        Ekiden__Refusal refusal = EKIDEN__REFUSAL__INIT;
        struct ekiden_error error = {0};

        refusal.code = EKIDEN_EREFUSED;
        refusal.sentence = (char[]){""};
        cr_expect_eq(import_answer(EKIDEN__FRAME_KIND__REFUSAL, &refusal.base, &error),
                     EKIDEN_EREFUSED);
        cr_expect_str_eq(error.sentence, ekiden_error_text(EKIDEN_EREFUSED));
}

/* An operator's tool refuses an event with text that is no UTF-8. */
LeakTest(refusal, by_the_peer_that_is_long_is_cut_between_characters)
{
        Ekiden__Refusal refusal = EKIDEN__REFUSAL__INIT;
        char text[2 * sizeof(((struct ekiden_error *)0)->sentence) + 2];

        for (size_t shift = 0; shift < 2; shift++) {
                struct ekiden_error error = {0};

                memset(text, 'x', shift);
                for (size_t i = shift; i + 1 < sizeof(text); i += 2)
                        memcpy(text + i, "\xc3\xa4", 2);
                text[sizeof(text) - 2 + shift % 2] = '\0';
                refusal.code = EKIDEN_EREFUSED;
                refusal.sentence = refusal.item = refusal.field = text;
                cr_assert_eq(import_answer(EKIDEN__FRAME_KIND__REFUSAL, &refusal.base, &error),
                             EKIDEN_EREFUSED);
                cr_expect_eq(strlen(error.sentence) % 2, shift, "%zu", strlen(error.sentence));
                cr_expect_eq(strlen(error.item) % 2, shift);
                cr_expect_eq(strlen(error.field) % 2, shift);
                cr_expect_gt(strlen(error.sentence), sizeof(error.sentence) - 4);
        }
}

LeakTest(refusal, is_none_where_the_item_is_absent)
{
        Ekiden__Absent absent = EKIDEN__ABSENT__INIT;
        Ekiden__Item item = EKIDEN__ITEM__INIT;
        struct ekiden_error error = {0};

        absent.item = (char[]){"crates"};
        cr_expect_eq(import_answer(EKIDEN__FRAME_KIND__ABSENT, &absent.base, &error), EKIDEN_FRESH);
        cr_expect_eq(error.code, 0);
        item.item = (char[]){"gates"};
        item.has_stream = item.stream = 1;
        cr_expect_eq(import_answer(EKIDEN__FRAME_KIND__ITEM, &item.base, &error), EKIDEN_EPROTOCOL,
                     "another item");
        item.item = (char[]){"crates"};
        item.stream = 0;
        cr_expect_eq(import_answer(EKIDEN__FRAME_KIND__ITEM, &item.base, NULL), EKIDEN_EPROTOCOL,
                     "another kind");
}
