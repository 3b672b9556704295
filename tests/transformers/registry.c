/* SPDX-License-Identifier: MIT */
/* Which hops a program may register, and which schemas they make known. */
#include <criterion/criterion.h>

#include "chain.h"
#include "depot_v1.ekiden.h"
#include "depot_v2.ekiden.h"
#include "depot_v3.ekiden.h"

static int transform(const ProtobufCMessage *old, ProtobufCMessage *new_, struct ekiden_hop *hop)
{
        (void)old;
        (void)new_;
        (void)hop;
        return 0;
}

static int add(const struct ekiden_hop_table *hop)
{
        static struct ek_registry registry;

        registry.count = 0;
        return ek_registry_add(&registry, hop);
}

static int add_transformers(const struct ekiden_transformer *transformers, size_t count)
{
        const struct ekiden_hop_table hop = {&depot_v1, &depot_v2, transformers, count, NULL, 0};

        return add(&hop);
}

Test(registry, takes_a_hop_between_two_versions)
{
        const struct ekiden_transformer good[] = {{"notes", "remarks", transform},
                                                  {"boxes", "boxes", transform}};
        const struct ekiden_hop_table down = {&depot_v2, &depot_v1, NULL, 0, NULL, 0};

        cr_expect_eq(add_transformers(good, 2), 0);
        cr_expect_eq(add_transformers(NULL, 0), 0, "all items may have kept their shape");
        cr_expect_eq(add(&down), 0);
}

Test(registry, refuses_a_hop_that_is_none)
{
        const struct ekiden_schema stranger = {.program = "other", .version = 2};
        const struct ekiden_hop_table no_from = {NULL, &depot_v2, NULL, 0, NULL, 0};
        const struct ekiden_hop_table no_to = {&depot_v1, NULL, NULL, 0, NULL, 0};
        const struct ekiden_hop_table to_itself = {&depot_v1, &depot_v1, NULL, 0, NULL, 0};
        const struct ekiden_hop_table to_another_program = {&depot_v1, &stranger, NULL, 0, NULL, 0};

        cr_expect_eq(add(NULL), EKIDEN_EINVAL);
        cr_expect_eq(add(&no_from), EKIDEN_EINVAL);
        cr_expect_eq(add(&no_to), EKIDEN_EINVAL);
        cr_expect_eq(add(&to_itself), EKIDEN_EINVAL);
        cr_expect_eq(add(&to_another_program), EKIDEN_EINVAL);
}

Test(registry, refuses_transformers_of_items_that_are_not_there)
{
        const struct ekiden_transformer bad[] = {
                {"remarks", "remarks", transform}, {"notes", "notes", transform},
                {"notes", "remarks", NULL},        {NULL, "remarks", transform},
                {"notes", NULL, transform},        {"", "remarks", transform},
        };

        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                cr_expect_eq(add_transformers(&bad[i], 1), EKIDEN_EINVAL, "number %zu", i);
}

Test(registry, refuses_two_transformers_into_one_item)
{
        const struct ekiden_transformer twice[] = {{"notes", "remarks", transform},
                                                   {"counter", "remarks", transform}};
        const struct ekiden_transformer split[] = {{"notes", "remarks", transform},
                                                   {"notes", "counter", transform}};

        cr_expect_eq(add_transformers(twice, 2), EKIDEN_EEXISTS);
        cr_expect_eq(add_transformers(split, 2), 0, "one item may become two");
}

Test(registry, refuses_a_second_hop_between_the_same_versions)
{
        static struct ek_registry registry;
        const struct ekiden_hop_table hop = {&depot_v1, &depot_v2, NULL, 0, NULL, 0}, again = hop;
        const struct ekiden_hop_table back = {&depot_v2, &depot_v1, NULL, 0, NULL, 0};

        cr_expect_eq(ek_registry_add(&registry, &hop), 0);
        cr_expect_eq(ek_registry_add(&registry, &again), EKIDEN_EEXISTS);
        cr_expect_eq(ek_registry_add(&registry, &back), 0);
        cr_expect_eq(registry.count, 2);
}

Test(registry, is_full_after_256_hops)
{
        static struct ek_registry registry;
        static struct ekiden_schema schemas[EK_HOPS_MAX + 2];
        static struct ekiden_hop_table hops[EK_HOPS_MAX + 1];

        for (size_t i = 0; i < EK_HOPS_MAX + 2; i++)
                schemas[i] = (struct ekiden_schema){.program = "p", .version = (uint32_t)i + 1};
        for (size_t i = 0; i < EK_HOPS_MAX + 1; i++) {
                hops[i] = (struct ekiden_hop_table){&schemas[i], &schemas[i + 1], NULL, 0, NULL, 0};
                cr_expect_eq(ek_registry_add(&registry, &hops[i]),
                             i < EK_HOPS_MAX ? 0 : EKIDEN_ENOMEM, "hop %zu", i);
        }
        cr_expect_eq(registry.count, EK_HOPS_MAX);
}

Test(registry, knows_the_schemas_of_its_hops)
{
        static struct ek_registry registry;
        const struct ekiden_hop_table hop = {&depot_v1, &depot_v2, NULL, 0, NULL, 0};

        cr_expect_eq(ek_registry_add(&registry, &hop), 0);
        cr_expect_eq(ek_registry_schema(&registry, &depot_v3, 1), &depot_v1);
        cr_expect_eq(ek_registry_schema(&registry, &depot_v3, 2), &depot_v2);
        cr_expect_eq(ek_registry_schema(&registry, &depot_v3, 3), &depot_v3, "its own");
        cr_expect_null(ek_registry_schema(&registry, &depot_v3, 4));
}

Test(registry, finds_items_by_their_whole_name)
{
        cr_expect_str_eq(ekiden_schema_item(&depot_v1, "boxes")->name, "boxes");
        cr_expect_str_eq(ekiden_schema_item(&depot_v1, "notes")->name, "notes");
        cr_expect_null(ekiden_schema_item(&depot_v1, "box"));
        cr_expect_null(ekiden_schema_item(&depot_v1, "boxess"));
        cr_expect_null(ekiden_schema_item(&depot_v1, ""));
}
