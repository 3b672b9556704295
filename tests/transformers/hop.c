/* SPDX-License-Identifier: MIT */
/* One record through its transformers: what they may do with it, and what they may not. */
#include <stdio.h>

#include "depot.h"

#define OUT_MAX 32

/* What came out at the end of the route, as text. */
static char out[OUT_MAX][64];
static size_t out_count;
static int sink_result;

static int collect_box(void *data, ProtobufCMessage *record)
{
        const Depot__V4__Box *box = (const Depot__V4__Box *)record;

        cr_assert_eq(data, out);
        cr_assert_eq(record->descriptor, &depot__v4__box__descriptor);
        cr_assert_lt(out_count, OUT_MAX);
        snprintf(out[out_count++], sizeof(out[0]), "%u %s %d %d", box->id,
                 box->label ? box->label : "-", box->handle, box->spare);
        return sink_result;
}

static int collect_remark(void *data, ProtobufCMessage *record)
{
        const Depot__V4__Remark *remark = (const Depot__V4__Remark *)record;

        cr_assert_eq(data, out);
        snprintf(out[out_count++], sizeof(out[0]), "%s %s", remark->text, remark->label);
        return 0;
}

TRANSFORM(copy_note)
{
        ((Depot__V2__Remark *)new_)->text =
                ekiden_hop_strdup(hop, ((const Depot__V1__Note *)old)->text);
        return 0;
}

TRANSFORM(label_remark)
{
        ((Depot__V4__Remark *)new_)->text = ((const Depot__V3__Remark *)old)->text;
        ((Depot__V4__Remark *)new_)->label =
                ekiden_hop_printf(hop, "no. %u", (unsigned int)ekiden_hop_record(hop));
        return 0;
}

TRANSFORM(label_box)
{
        const Depot__V2__Box *box = (const Depot__V2__Box *)old;
        Depot__V3__Box *labelled = (Depot__V3__Box *)new_;

        labelled->has_id = box->has_id;
        labelled->id = box->id;
        labelled->has_handle = box->has_handle;
        labelled->handle = box->handle;
        labelled->label = ekiden_hop_printf(hop, "%s:%u", box->address, box->port);
        return labelled->label ? 0 : EKIDEN_ENOMEM;
}

static void usual_transformers(void)
{
        note_to_remark = copy_note;
        box_to_label = label_box;
        remark_to_v4 = label_remark;
}

TestSuite(hop, .init = usual_transformers);

/* A box of the first version, sent to the fourth. */
static int run_box(uint64_t number, struct ekiden_error *error)
{
        struct ek_chain chain = depot_chain(1);
        struct ek_route route = depot_route(&chain, "boxes");
        Depot__V2__Box box = DEPOT__V2__BOX__INIT;
        struct ekiden_scratch scratch;
        int r;

        cr_assert_eq(route.decoded_as->descriptor, &depot__v2__box__descriptor);
        box.has_id = box.has_port = box.has_handle = 1;
        box.id = 7;
        box.address = (char[]){"host"};
        box.port = 80;
        box.handle = 33;
        box.spare = -1;
        out_count = 0;
        ek_scratch_init(&scratch);
        r = ek_route_run(&route, &box.base, number, &scratch, collect_box, out, error);
        ek_scratch_deinit(&scratch);
        return r;
}

static void expect_boxes(size_t count, const char *const *expected)
{
        struct ekiden_error error = {0};

        cr_assert_eq(run_box(0, &error), 0, "%s", error.sentence);
        cr_expect_eq(error.code, 0);
        cr_assert_eq(out_count, count, "%zu came out", out_count);
        for (size_t i = 0; i < count; i++)
                cr_expect_str_eq(out[i], expected[i]);
}

Test(hop, maps_a_record_and_identity_passes_it_on)
{
        expect_boxes(1, (const char *const[]){"7 host:80 33 -1"});
}

Test(hop, maps_through_a_renaming_and_another_hop)
{
        struct ek_chain chain = depot_chain(1);
        struct ek_route route = depot_route(&chain, "remarks");
        Depot__V1__Note note = DEPOT__V1__NOTE__INIT;
        struct ekiden_scratch scratch;

        note.text = (char[]){"hello"};
        ek_scratch_init(&scratch);
        cr_expect_eq(ek_route_run(&route, &note.base, 12, &scratch, collect_remark, out, NULL), 0);
        cr_assert_eq(out_count, 1);
        cr_expect_str_eq(out[0], "hello no. 12");
        ek_scratch_deinit(&scratch);
}

TRANSFORM(drop)
{
        (void)old;
        (void)new_;
        ekiden_hop_drop(hop);
        return 0;
}

Test(hop, drops_a_record)
{
        box_to_label = drop;
        expect_boxes(0, NULL);
}

/* Three more, ahead of `new_`; the caller's record may be used again after each. */
TRANSFORM(emit_three_more)
{
        Depot__V3__Box *more = (Depot__V3__Box *)ekiden_hop_new(hop, new_->descriptor);

        cr_assert_not_null(more);
        more->has_id = 1;
        for (more->id = 100; more->id < 103; more->id++)
                if (ekiden_hop_emit(hop, &more->base) < 0)
                        return EKIDEN_EREFUSED;
        return label_box(old, new_, hop);
}

Test(hop, emits_more_records_in_order_ahead_of_its_own)
{
        box_to_label = emit_three_more;
        expect_boxes(4, (const char *const[]){"100 - -1 -1", "101 - -1 -1", "102 - -1 -1",
                                              "7 host:80 33 -1"});
}

TRANSFORM(emit_then_drop)
{
        ekiden_hop_drop(hop);
        return emit_three_more(old, new_, hop);
}

Test(hop, emits_some_and_drops_its_own)
{
        box_to_label = emit_then_drop;
        expect_boxes(3, (const char *const[]){"100 - -1 -1", "101 - -1 -1", "102 - -1 -1"});
}

static void expect_failure(uint64_t number, int code, const char *words)
{
        struct ekiden_error error = {0};

        cr_expect_eq(run_box(number, &error), code);
        cr_expect_eq(error.code, code);
        cr_expect_str_eq(error.item, "boxes");
        cr_expect_eq(error.from_version, 2);
        cr_expect_eq(error.to_version, 3);
        cr_expect_not_null(strstr(error.sentence, words), "%s", error.sentence);
        cr_expect_not_null(strstr(error.sentence, "item \"boxes\" from version 2 to 3"), "%s",
                           error.sentence);
        cr_expect_eq(run_box(number, NULL), code, "the same without an error");
}

TRANSFORM(refuse)
{
        (void)old;
        (void)new_;
        return ekiden_hop_refuse(hop, "shelf %d is full", 9);
}

Test(hop, refuses_with_a_sentence_that_names_the_record)
{
        box_to_label = refuse;
        expect_failure(41, EKIDEN_ETRANSFORMER, "record 41: shelf 9 is full");
        cr_expect_eq(out_count, 0);
}

TRANSFORM(refuse_at_length)
{
        (void)old;
        (void)new_;
        return ekiden_hop_refuse(hop, "%*s", 5000, "long");
}

Test(hop, refuses_at_any_length)
{
        box_to_label = refuse_at_length;
        expect_failure(1, EKIDEN_ETRANSFORMER, "record 1: ");
}

TRANSFORM(run_out)
{
        (void)old;
        (void)new_;
        (void)hop;
        return EKIDEN_ENOMEM;
}

Test(hop, that_returns_an_error_says_which)
{
        box_to_label = run_out;
        expect_failure(3, EKIDEN_ETRANSFORMER, "memory ran out");
}

TRANSFORM(answer_minus_one)
{
        (void)old;
        (void)new_;
        (void)hop;
        return -1;
}

Test(hop, that_returns_a_plain_minus_one_is_not_told_as_an_argument_of_the_operators)
{
        box_to_label = answer_minus_one;
        expect_failure(3, EKIDEN_ETRANSFORMER, "record 3: its function answered -1");
}

TRANSFORM(refuse_and_answer_minus_one)
{
        (void)old;
        (void)new_;
        ekiden_hop_refuse(hop, "this box has no label");
        return -1;
}

Test(hop, that_refuses_and_returns_another_number_is_told_in_its_own_words)
{
        box_to_label = refuse_and_answer_minus_one;
        expect_failure(3, EKIDEN_ETRANSFORMER, "record 3: this box has no label");
}

TRANSFORM(emit_nonsense)
{
        Depot__V4__Remark other = DEPOT__V4__REMARK__INIT;

        (void)new_;
        cr_assert_eq(ekiden_hop_emit(hop, NULL), EKIDEN_ETYPE);
        cr_assert_eq(ekiden_hop_emit(hop, (ProtobufCMessage *)(uintptr_t)old), EKIDEN_ETYPE);
        return ekiden_hop_emit(hop, &other.base);
}

Test(hop, emits_its_own_target_type_only)
{
        box_to_label = emit_nonsense;
        expect_failure(3, EKIDEN_ETRANSFORMER, ekiden_error_text(EKIDEN_ETYPE));
        cr_expect_eq(out_count, 0);
}

TRANSFORM(forget_label)
{
        (void)old;
        (void)new_;
        (void)hop;
        return 0;
}

Test(hop, that_leaves_a_required_string_null_is_refused)
{
        struct ek_chain chain;
        struct ek_route route;
        Depot__V3__Remark remark = DEPOT__V3__REMARK__INIT;
        struct ekiden_error error = {0};
        struct ekiden_scratch scratch;

        remark_to_v4 = forget_label;
        chain = depot_chain(3);
        route = depot_route(&chain, "remarks");
        ek_scratch_init(&scratch);
        cr_expect_eq(ek_route_run(&route, &remark.base, 5, &scratch, collect_remark, out, &error),
                     EKIDEN_ETRANSFORMER);
        cr_expect_eq(out_count, 0);
        cr_expect_not_null(strstr(error.sentence, "record 5"), "%s", error.sentence);
        cr_expect_not_null(strstr(error.sentence, "field \"label\" is NULL"), "%s", error.sentence);
        ek_scratch_deinit(&scratch);
}

/* What the program said of its record is told as it is, not as the transformer's failure. */
Test(hop, passes_the_sinks_error_on)
{
        struct ekiden_error error = {0};

        sink_result = EKIDEN_EREFUSED;
        cr_expect_eq(run_box(0, &error), EKIDEN_EREFUSED);
        cr_expect_eq(error.code, 0);
        box_to_label = emit_three_more;
        cr_expect_eq(run_box(0, &error), EKIDEN_EREFUSED);
        cr_expect_eq(out_count, 1);
        cr_expect_eq(error.code, 0);
}

TRANSFORM(emit_and_ignore)
{
        ekiden_hop_emit(hop, ekiden_hop_new(hop, new_->descriptor));
        return label_box(old, new_, hop);
}

/* Otherwise the record would be lost, and the upgrade go on. */
Test(hop, cannot_ignore_that_an_emitted_record_was_refused)
{
        sink_result = EKIDEN_EREFUSED;
        box_to_label = emit_and_ignore;
        cr_expect_eq(run_box(0, NULL), EKIDEN_EREFUSED);
        cr_expect_eq(out_count, 1, "nothing follows the refused record");
}

TRANSFORM(look_at_new)
{
        const Depot__V3__Box *box = (const Depot__V3__Box *)new_;
        const Depot__V3__Lid *lid =
                (const Depot__V3__Lid *)ekiden_hop_new(hop, &depot__v3__lid__descriptor);
        const uint64_t *zeroes = ekiden_hop_alloc(hop, sizeof(*zeroes));

        (void)old;
        cr_assert_eq(box->base.descriptor, &depot__v3__box__descriptor);
        cr_assert_not(box->has_id || box->has_handle || box->has_spare || box->label || box->lid);
        cr_assert_eq(box->handle, -1);
        cr_assert_eq(box->spare, -1);
        cr_assert_eq(lid->base.descriptor, &depot__v3__lid__descriptor);
        cr_assert_eq(lid->handle, -1);
        cr_assert_eq(*zeroes, 0);
        cr_assert_null(ekiden_hop_strdup(hop, NULL));
        cr_assert_str_eq(ekiden_hop_strdup(hop, ""), "");
        return 0;
}

Test(hop, gets_new_records_at_their_defaults_and_descriptors_at_none)
{
        box_to_label = look_at_new;
        expect_boxes(1, (const char *const[]){"0 - -1 -1"});
}
