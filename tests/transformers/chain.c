/* SPDX-License-Identifier: MIT */
/* Which hops lead from one version to another, on graphs of versions drawn as pairs of numbers. */
#include "chain.h"

#include <string.h>

#include <criterion/criterion.h>

#define VERSIONS 100

static struct ekiden_schema schemas[VERSIONS];
static struct ekiden_hop_table hops[EK_HOPS_MAX];
static struct ek_registry registry;
static struct ek_chain chain;

/* Registers hops, given as pairs {from, to} up to {0, 0}. */
static void draw(const uint32_t (*pairs)[2])
{
        for (uint32_t i = 1; i < VERSIONS; i++)
                schemas[i] = (struct ekiden_schema){.program = "drawn", .version = i};
        for (; (*pairs)[0]; pairs++) {
                struct ekiden_hop_table *hop = &hops[registry.count];

                *hop = (struct ekiden_hop_table){
                        &schemas[(*pairs)[0]], &schemas[(*pairs)[1]], NULL, 0, NULL, 0};
                cr_assert_eq(ek_registry_add(&registry, hop), 0);
        }
}

static int find(uint32_t from, uint32_t to, struct ekiden_error *error)
{
        return ek_chain_find(&registry, &schemas[to], from, &chain, error);
}

/* The chain must be one, from end to end, of this many hops. */
static void expect_chain(uint32_t from, uint32_t to, size_t count)
{
        struct ekiden_error error = {0};

        cr_assert_eq(find(from, to, &error), 0, "%s", error.sentence);
        cr_assert_eq(chain.count, count, "%u to %u: %zu hops", from, to, chain.count);
        cr_expect_eq(chain.from->version, from);
        cr_expect_eq(chain.to->version, to);
        for (size_t i = 0; i < count; i++) {
                cr_expect_eq(chain.hops[i]->from->version, from);
                from = chain.hops[i]->to->version;
        }
        cr_expect_eq(from, to);
}

static void expect_none(uint32_t from, uint32_t to)
{
        struct ekiden_error error = {0};

        memset(&chain, 0x55, sizeof(chain));
        cr_expect_eq(find(from, to, &error), EKIDEN_EVERSION);
        cr_expect_eq(error.code, EKIDEN_EVERSION);
        cr_expect_eq(error.from_version, from);
        cr_expect_eq(error.to_version, to);
        cr_expect(error.sentence[0]);
        cr_expect_eq(chain.count, 0x5555555555555555, "an output is written on success only");
        cr_expect_eq(find(from, to, NULL), EKIDEN_EVERSION);
}

Test(chain, of_the_same_version_is_empty)
{
        draw((const uint32_t[][2]){{1, 2}, {0, 0}});
        expect_chain(1, 1, 0);
        expect_chain(2, 2, 0);
        expect_chain(50, 50, 0);
}

Test(chain, goes_hop_by_hop)
{
        draw((const uint32_t[][2]){{3, 4}, {1, 2}, {2, 3}, {0, 0}});
        expect_chain(1, 2, 1);
        expect_chain(1, 4, 3);
        expect_chain(2, 4, 2);
}

Test(chain, is_the_shortest)
{
        draw((const uint32_t[][2]){{1, 2}, {2, 3}, {3, 4}, {4, 5}, {2, 4}, {1, 3}, {0, 0}});
        expect_chain(1, 4, 2);
        expect_chain(1, 5, 3);
        expect_chain(3, 5, 2);
}

Test(chain, prefers_the_direct_hop)
{
        draw((const uint32_t[][2]){{1, 2}, {2, 3}, {3, 4}, {1, 4}, {0, 0}});
        expect_chain(1, 4, 1);
        expect_chain(2, 4, 2);
}

Test(chain, that_is_missing_names_both_versions)
{
        draw((const uint32_t[][2]){{1, 2}, {3, 4}, {0, 0}});
        expect_none(1, 4);
        expect_none(2, 3);
        expect_none(7, 2);
}

Test(chain, upwards_is_none_downwards)
{
        draw((const uint32_t[][2]){{1, 2}, {2, 3}, {3, 2}, {0, 0}});
        expect_chain(3, 2, 1);
        expect_none(3, 1);
        expect_none(2, 1);
}

Test(chain, does_not_go_round_in_circles)
{
        draw((const uint32_t[][2]){{1, 2}, {2, 1}, {2, 3}, {3, 1}, {1, 3}, {3, 2}, {3, 4}, {0, 0}});
        expect_chain(1, 4, 2);
        expect_none(4, 1);
        expect_none(9, 4);
}

Test(chain, has_64_hops_at_most)
{
        uint32_t pairs[EK_CHAIN_MAX + 2][2] = {{0}};
        struct ekiden_error error = {0};

        for (uint32_t i = 0; i <= EK_CHAIN_MAX; i++) {
                pairs[i][0] = i + 1;
                pairs[i][1] = i + 2;
        }
        draw((const uint32_t(*)[2])pairs);
        expect_chain(2, EK_CHAIN_MAX + 2, EK_CHAIN_MAX);
        cr_expect_eq(find(1, EK_CHAIN_MAX + 2, &error), EKIDEN_EVERSION);
        cr_expect_not_null(strstr(error.sentence, "64"));
}

/* A hop of another program, should one be linked in, is no bridge. */
Test(chain, stays_within_the_program)
{
        static const struct ekiden_schema strangers[] = {{.program = "other", .version = 1},
                                                         {.program = "other", .version = 2}};
        static const struct ekiden_hop_table hop = {&strangers[0], &strangers[1], NULL, 0, NULL, 0};

        draw((const uint32_t[][2]){{2, 3}, {0, 0}});
        cr_assert_eq(ek_registry_add(&registry, &hop), 0);
        expect_none(1, 3);
        expect_none(1, 2);
}
