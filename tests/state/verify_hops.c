/* SPDX-License-Identifier: MIT */
/* Verification across versions: by what the program was given; and by the way back, where there is
   one, else with the reason. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "store.h"
#include "verifying.h"
#include "yard_v1.ekiden.h"
#include "yard_v2.ekiden.h"

#define CRATES 20

static bool drops_one, looks_up, leaves_out, refuses_back, duplicates_back, loses_label_back;

/* The first five fields are the same in both. */
static int copy_crate(const ProtobufCMessage *old, ProtobufCMessage *new_)
{
        const Yard__V1__Crate *from = (const Yard__V1__Crate *)old;
        Yard__V1__Crate *to = (Yard__V1__Crate *)new_;
        ProtobufCMessage base = to->base;

        memcpy(to, from, sizeof(*from));
        to->base = base;
        return 0;
}

static int crate_up(const ProtobufCMessage *old, ProtobufCMessage *new_, struct ekiden_hop *hop)
{
        if (drops_one && ekiden_hop_record(hop) == 3)
                ekiden_hop_drop(hop);
        if (!leaves_out)
                ((Yard__V2__Crate *)new_)->origin = (char *)(uintptr_t) "unknown";
        if (looks_up) {
                const Yard__V1__Crate *crate = (const Yard__V1__Crate *)old;
                const Yard__V1__Crate *found =
                        (const Yard__V1__Crate *)ekiden_hop_find(hop, "crates", &crate->id);

                if (!found)
                        return ekiden_hop_refuse(hop, "there is no such crate");
                ((Yard__V2__Crate *)new_)->origin = ekiden_hop_strdup(hop, found->label);
        }
        return copy_crate(old, new_);
}

static int crate_down(const ProtobufCMessage *old, ProtobufCMessage *new_, struct ekiden_hop *hop)
{
        Yard__V1__Crate *crate = (Yard__V1__Crate *)new_;

        if (refuses_back)
                return ekiden_hop_refuse(hop, "version 1 knows nothing of it");
        copy_crate(old, new_);
        if (duplicates_back && ekiden_hop_duplicate(hop, crate->handle, &crate->handle) < 0)
                return ekiden_hop_refuse(hop, "it cannot be duplicated");
        if (loses_label_back)
                crate->label = NULL;
        return 0;
}

static int gate_of_crate(const ProtobufCMessage *old, ProtobufCMessage *new_,
                         struct ekiden_hop *hop)
{
        (void)old;
        (void)new_;
        ekiden_hop_drop(hop);
        return 0;
}

static const struct ekiden_transformer up_transformers[] = {{"crates", "crates", crate_up},
                                                            {"crates", "gate", gate_of_crate}};
static const struct ekiden_transformer down_transformers[] = {{"crates", "crates", crate_down}};
static struct ekiden_hop_table up = {
        .from = &yard_v1, .to = &yard_v2, .transformers = up_transformers, .transformer_count = 1};
static const struct ekiden_hop_table down = {.from = &yard_v2,
                                             .to = &yard_v1,
                                             .transformers = down_transformers,
                                             .transformer_count = 1};

static struct ek_registry both, only_up;
static struct ek_chain chain;
static struct verifying verifying = {.chain = &chain};
static struct store here, there;

/* As they are in either version; `to` has the first fields of both. */
static void add_crates(const struct ekiden_schema *schema)
{
        const struct ekiden_message *type = ekiden_schema_item(schema, "crates")->message;
        char label[32];

        for (uint64_t i = 0; i < CRATES; i++) {
                Yard__V2__Crate crate = YARD__V2__CRATE__INIT;

                protobuf_c_message_init(type->descriptor, &crate);
                snprintf(label, sizeof(label), "crate %u", (unsigned int)i);
                crate.has_id = crate.has_handle = 1;
                crate.id = 100 + i;
                crate.label = label;
                crate.handle = i % 4 == 0 ? eventfd(0, EFD_CLOEXEC) : -1;
                if (schema->version == 2)
                        crate.origin = label;
                store_add(&here, &crate.base);
        }
}

static void begin(const struct ekiden_schema *from, const struct ekiden_schema *to)
{
        struct ek_tagged theirs = tag_item(from, "crates", &store_binding, &here);
        struct ek_tagged ours = tag_item(to, "crates", &store_binding, &there);

        cr_assert_eq(ek_registry_add(&both, &up), 0);
        cr_assert_eq(ek_registry_add(&only_up, &up), 0);
        cr_assert_eq(ek_registry_add(&both, &down), 0);
        cr_assert_eq(ek_chain_find(&both, to, from->version, &chain, NULL), 0);
        verifying.registry = &both;
        add_crates(from);
        verifying_add(&verifying, &theirs, &ours);
        verifying_hand_over(&verifying);
}

static void end(void)
{
        verifying_end(&verifying);
        store_clear(&here);
        store_clear(&there);
}

/* In its own version; and not, for this reason, by the way back. */
static void expect_same_as_given(const char *words)
{
        const struct ek_figures *figures = verifying_figures("crates");

        cr_assert_eq(verifying_verify(&verifying), 0, "%s", verifying.error.sentence);
        cr_expect_eq(verifying.error.code, 0);
        cr_expect_eq(figures->verdict, EKIDEN__VERDICT__SAME_AS_GIVEN);
        cr_expect_not_null(strstr(figures->reason, words), "\"%s\"", figures->reason);
        cr_expect_eq(verifying.asked_again, 0);
}

static Yard__V2__Crate *there_crate(size_t i)
{
        return (Yard__V2__Crate *)there.records[i];
}

/* The field that only this version has, of one record. */
static void expect_origin_compared(void)
{
        there_crate(4)->origin[0]++;
        expect_difference(&verifying, "crates", "origin",
                          "record 4 is not what it was when the program was given it");
        there_crate(4)->origin[0]--;
}

Test(verify_hops, what_gained_a_field_is_the_same)
{
        begin(&yard_v1, &yard_v2);
        cr_assert_str_eq(there_crate(0)->origin, "unknown");
        expect_same(&verifying);
        cr_expect_eq(verifying_figures("crates")->transformed, CRATES);
        expect_origin_compared();
        expect_same(&verifying);
        end();
}

Test(verify_hops, change_of_a_field_that_both_have_is_named)
{
        begin(&yard_v1, &yard_v2);
        there_crate(4)->label[0] = 'C';
        expect_difference(&verifying, "crates", "label", "record 4 is not what it was");
        there_crate(4)->label[0] = 'c';
        there_crate(8)->handle = 0;
        expect_difference(&verifying, "crates", "handle", "record 8 is not what it was");
        end();
}

Test(verify_hops, record_that_is_lost_is_named)
{
        begin(&yard_v1, &yard_v2);
        there.count--;
        expect_difference(&verifying, "crates", "", "record 19 came, and the program");
        there.count++;
        end();
}

Test(verify_hops, what_lost_a_field_is_the_same_in_part)
{
        const struct ek_figures *figures;

        begin(&yard_v2, &yard_v1);
        figures = verifying_figures("crates");
        cr_assert_eq(verifying_verify(&verifying), 0, "%s", verifying.error.sentence);
        cr_expect_eq(verifying.asked_again, 1);
        cr_expect_eq(figures->verdict, EKIDEN__VERDICT__SAME_IN_PART);
        cr_expect_not_null(strstr(figures->reason, "not compared on the way back: Crate.origin"),
                           "%s", figures->reason);
        end();
}

Test(verify_hops, change_of_another_field_is_named_where_one_is_lost)
{
        begin(&yard_v2, &yard_v1);
        ((Yard__V1__Crate *)there.records[7])->label[0] = 'C';
        expect_difference(&verifying, "crates", "label", "record 7 is not what it was");
        end();
}

/* Without keys, and with what only one version has: still each finds its own. */
Test(verify_hops, what_lost_a_field_may_come_in_another_order)
{
        ProtobufCMessage *first;

        begin(&yard_v2, &yard_v1);
        first = there.records[0];
        there.records[0] = there.records[9];
        there.records[9] = first;
        cr_assert_eq(verifying_verify(&verifying), 0, "%s", verifying.error.sentence);
        cr_expect_eq(verifying_figures("crates")->verdict, EKIDEN__VERDICT__SAME_IN_PART);
        end();
}

Test(verify_hops, way_back_that_loses_a_field_of_both_is_a_difference)
{
        begin(&yard_v1, &yard_v2);
        loses_label_back = true;
        expect_difference(&verifying, "crates", "label", "is not there any more");
        end();
}

Test(verify_hops, without_a_way_back_what_was_given_is_compared)
{
        begin(&yard_v1, &yard_v2);
        verifying.registry = &only_up;
        expect_same_as_given("no transformers lead from version 2 back to 1");
        expect_origin_compared();
        there_crate(4)->label[0] = 'C';
        expect_difference(&verifying, "crates", "label", "record 4 is not what it was");
        there_crate(4)->label[0] = 'c';
        there.count--;
        expect_difference(&verifying, "crates", "", "record 19 came, and the program");
        there.count++;
        end();
}

Test(verify_hops, transformer_that_refuses_on_the_way_back_is_no_difference)
{
        begin(&yard_v1, &yard_v2);
        refuses_back = true;
        expect_same_as_given("refused on the way back");
        expect_origin_compared();
        end();
}

Test(verify_hops, way_back_may_duplicate_descriptors)
{
        int before;

        begin(&yard_v1, &yard_v2);
        duplicates_back = true;
        before = count_open_descriptors();
        expect_same(&verifying);
        expect_open_descriptors(before);
        end();
}

Test(verify_hops, what_is_left_where_a_record_is_dropped_is_compared)
{
        drops_one = true;
        begin(&yard_v1, &yard_v2);
        expect_same_as_given("20 records became 19 on the way");
        expect_origin_compared();
        end();
}

Test(verify_hops, split_item_is_compared)
{
        up.transformer_count = 2;
        begin(&yard_v1, &yard_v2);
        expect_same_as_given("item \"gate\" comes from the same records");
        expect_origin_compared();
        end();
}

/* As yard_v1, but crates are known by their id. */
static const struct ekiden_schema *keyed_yard(void)
{
        static struct ekiden_item items[8];
        static struct ekiden_schema keyed;

        keyed = yard_v1;
        memcpy(items, yard_v1.items, yard_v1.item_count * sizeof(*items));
        for (size_t i = 0; i < keyed.item_count; i++)
                if (strcmp(items[i].name, "crates") == 0)
                        items[i].key = 1;
        keyed.items = items;
        return &keyed;
}

Test(verify_hops, joined_item_is_compared)
{
        static const struct ekiden_lookup lookups[] = {{.to_item = "crates", .item = "crates"}};

        looks_up = true;
        up.from = keyed_yard();
        up.lookups = lookups;
        up.lookup_count = 1;
        begin(up.from, &yard_v2);
        cr_assert_str_eq(there_crate(7)->origin, "crate 7");
        expect_same_as_given("its transformers look up item \"crates\"");
        expect_origin_compared();
        end();
}

/* A program that keeps values keeps no more of a field that was not there. */
Test(verify_hops, absent_field_is_the_same_as_its_default)
{
        leaves_out = true;
        begin(&yard_v1, &yard_v2);
        cr_assert_null(there_crate(4)->origin);
        there_crate(4)->origin = (char *)(uintptr_t) "";
        expect_same(&verifying);
        there_crate(4)->origin = (char *)(uintptr_t) "x";
        expect_difference(&verifying, "crates", "origin", "record 4 is not what it was");
        there_crate(4)->origin = NULL;
        end();
}

/* What the program has is right: so it is not the program that is to be looked at. */
Test(verify_hops, difference_of_the_way_back_blames_the_transformers)
{
        begin(&yard_v1, &yard_v2);
        loses_label_back = true;
        expect_difference(&verifying, "crates", "label",
                          "when it is transformed back: field \"label\" is not there any more, or "
                          "has its default; the "
                          "program has what it was given, so look at the transformers");
        end();
}
