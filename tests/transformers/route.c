/* SPDX-License-Identifier: MIT */
/* Each item's way along a chain: as it is, under another name, transformed, or from nowhere. */
#include "depot.h"

TRANSFORM(change)
{
        (void)old;
        (void)new_;
        (void)hop;
        return 0;
}

static void all_transformers(void)
{
        note_to_remark = box_to_label = remark_to_v4 = change;
}

TestSuite(route, .init = all_transformers);

Test(route, of_an_item_that_kept_its_shape_decodes_straight_to_the_target)
{
        struct ek_chain chain = depot_chain(1);
        struct ek_route route = depot_route(&chain, "counter");

        cr_expect_eq(route.count, 3);
        cr_expect_eq(route.first, route.count, "no step is left to do");
        cr_expect_eq(route.source, ekiden_schema_item(&depot_v1, "counter"));
        cr_expect_eq(route.target, ekiden_schema_item(&depot_v4, "counter"));
        cr_expect_eq(route.decoded_as->descriptor, &depot__v4__counter__descriptor);
}

Test(route, of_the_same_version_has_no_step)
{
        struct ek_chain chain = depot_chain(4);
        struct ek_route route = depot_route(&chain, "boxes");

        cr_expect_eq(route.count, 0);
        cr_expect_eq(route.first, 0);
        cr_expect_eq(route.source, route.target);
        cr_expect_eq(route.decoded_as->descriptor, &depot__v4__box__descriptor);
}

Test(route, enters_at_its_first_transformer)
{
        struct ek_chain chain = depot_chain(1);
        struct ek_route route = depot_route(&chain, "boxes");

        cr_expect_eq(route.first, 1);
        cr_expect_eq(route.decoded_as->descriptor, &depot__v2__box__descriptor);
        cr_expect_null(route.steps[0].transformer);
        cr_expect_eq(route.steps[1].transformer, &depot_transformers[1]);
        cr_expect_null(route.steps[2].transformer);
}

Test(route, follows_an_item_that_was_renamed)
{
        struct ek_chain chain = depot_chain(1);
        struct ek_route route = depot_route(&chain, "remarks");

        cr_expect_str_eq(route.source->name, "notes");
        cr_expect_str_eq(route.steps[0].to->name, "remarks");
        cr_expect_eq(route.first, 0);
        cr_expect_eq(route.decoded_as->descriptor, &depot__v1__note__descriptor);
        cr_expect_eq(route.steps[0].transformer, &depot_transformers[0]);
        cr_expect_null(route.steps[1].transformer);
        cr_expect_eq(route.steps[2].transformer, &depot_transformers[2]);
}

Test(route, of_an_item_that_is_new_on_the_way_has_no_source)
{
        for (uint32_t from = 1; from <= 4; from++) {
                struct ek_chain chain = depot_chain(from);
                struct ek_route route = depot_route(&chain, "audit");

                cr_expect_eq(route.source != NULL, from >= 3, "from %u", from);
                cr_expect_eq(route.target, ekiden_schema_item(&depot_v4, "audit"));
        }
}

/* Without the transformer that renames it, the item of the old name just ends. */
Test(route, of_an_item_without_its_renaming_has_no_source)
{
        struct ek_chain chain;
        struct ek_route route;

        note_to_remark = NULL;
        chain = depot_chain(1);
        route = depot_route(&chain, "remarks");
        cr_expect_null(route.source);
}

static void expect_missing(uint32_t from, const char *item, uint32_t hop_from, uint32_t hop_to)
{
        struct ek_chain chain = depot_chain(from);
        struct ekiden_error error = {0};

        cr_expect_eq(ek_chain_check(&chain, &error), EKIDEN_EVERSION);
        cr_expect_eq(error.code, EKIDEN_EVERSION);
        cr_expect_str_eq(error.item, item);
        cr_expect_eq(error.from_version, hop_from);
        cr_expect_eq(error.to_version, hop_to);
        cr_expect_not_null(strstr(error.sentence, item), "%s", error.sentence);
        cr_expect_not_null(strstr(error.sentence, "(protoc --ekiden_out=hop:DIR)"), "%s",
                           error.sentence);
        cr_expect_eq(ek_chain_check(&chain, NULL), EKIDEN_EVERSION);
}

Test(route, that_lacks_a_transformer_names_item_and_versions)
{
        box_to_label = NULL;
        expect_missing(1, "boxes", 2, 3);
        expect_missing(2, "boxes", 2, 3);
        all_transformers();
        remark_to_v4 = NULL;
        expect_missing(1, "remarks", 3, 4);
}

Test(route, is_there_for_every_item_of_a_sound_chain)
{
        for (uint32_t from = 1; from <= 4; from++) {
                struct ek_chain chain = depot_chain(from);

                cr_expect_eq(ek_chain_check(&chain, NULL), 0, "from %u", from);
        }
        box_to_label = NULL;
        struct ek_chain behind = depot_chain(3);

        cr_expect_eq(ek_chain_check(&behind, NULL), 0, "that hop is not on the way");
}

/* One message and a stream of it are two kinds, whatever their shape. */
Test(route, between_kinds_needs_a_transformer)
{
        struct ekiden_item streamed = *ekiden_schema_item(&depot_v2, "counter");
        const struct ekiden_schema from = {
                .program = "depot", .version = 9, .items = &streamed, .item_count = 1};
        const struct ekiden_transformer transformer = {"counter", "counter", change};
        struct ekiden_hop_table hop = {&from, &depot_v2, &transformer, 0, NULL, 0};
        struct ek_chain chain = {.from = &from, .to = &depot_v2, .hops = {&hop}, .count = 1};
        struct ek_route route;

        cr_expect_eq(ek_route_find(&chain, ekiden_schema_item(&depot_v2, "counter"), &route, NULL),
                     0);
        streamed.kind = EKIDEN_ITEM_STREAM;
        cr_expect_eq(ek_route_find(&chain, ekiden_schema_item(&depot_v2, "counter"), &route, NULL),
                     EKIDEN_EVERSION);
        hop.transformer_count = 1;
        cr_expect_eq(ek_route_find(&chain, ekiden_schema_item(&depot_v2, "counter"), &route, NULL),
                     0);
}
