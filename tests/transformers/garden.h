/* SPDX-License-Identifier: MIT */
/* The garden's generated hops, whose users' functions a test can exchange. */
#pragma once

#include <stdbool.h>
#include <string.h>

#include <criterion/criterion.h>

#include "chain.h"
#include "garden_v1_to_v2.hop.h"
#include "garden_v2_to_v1.hop.h"
#include "index.h"

static int (*bed_up)(const Garden__V1__Bed *old, Garden__V2__Bed *new_, struct ekiden_hop *hop);
static int (*tool_up)(const Garden__V1__Tool *old, Garden__V2__Tool *new_, struct ekiden_hop *hop);
static unsigned int tool_calls;

int garden_v1_to_v2_bed(const Garden__V1__Bed *old, Garden__V2__Bed *new_, struct ekiden_hop *hop)
{
        return bed_up ? bed_up(old, new_, hop) : 0;
}

int garden_v1_to_v2_tool(const Garden__V1__Tool *old, Garden__V2__Tool *new_,
                         struct ekiden_hop *hop)
{
        tool_calls++;
        return tool_up ? tool_up(old, new_, hop) : 0;
}

int garden_v2_to_v1_bed(const Garden__V2__Bed *old, Garden__V1__Bed *new_, struct ekiden_hop *hop)
{
        (void)old;
        (void)new_;
        (void)hop;
        return 0;
}

int garden_v2_to_v1_tool(const Garden__V2__Tool *old, Garden__V1__Tool *new_,
                         struct ekiden_hop *hop)
{
        (void)old;
        (void)new_;
        (void)hop;
        tool_calls++;
        return 0;
}

static struct ek_registry garden_registry;

/** The chain that ends in a version, from the other one. */
static inline struct ek_chain garden_chain(const struct ekiden_schema *to)
{
        struct ekiden_error error = {0};
        struct ek_chain chain;

        garden_registry.count = 0;
        cr_assert_eq(ek_registry_add(&garden_registry, &garden_v1_to_v2), 0);
        cr_assert_eq(ek_registry_add(&garden_registry, &garden_v2_to_v1), 0);
        cr_assert_eq(ek_chain_find(&garden_registry, to, 3 - to->version, &chain, &error), 0);
        cr_assert_eq(ek_chain_check(&chain, &error), 0, "%s", error.sentence);
        return chain;
}

/** The route of an item that ends in a version. */
static inline struct ek_route garden_route(const struct ek_chain *chain, const char *item)
{
        struct ek_route route;

        cr_assert_eq(ek_route_find(chain, ekiden_schema_item(chain->to, item), &route, NULL), 0);
        cr_assert_not_null(route.source);
        return route;
}
