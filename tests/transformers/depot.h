/* SPDX-License-Identifier: MIT */
/* The depot's four versions, with hops whose transformers a test can exchange. */
#pragma once

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "chain.h"
#include "depot_v1.ekiden.h"
#include "depot_v2.ekiden.h"
#include "depot_v3.ekiden.h"
#include "depot_v4.ekiden.h"
#include "fields.h"

#define TRANSFORM(name) \
        static int name(const ProtobufCMessage *old, ProtobufCMessage *new_, struct ekiden_hop *hop)

/* Transformers that a test may replace before it calls depot_chain(). NULL: there is none. */
static ekiden_transform_function note_to_remark, box_to_label, remark_to_v4;

static struct ekiden_transformer depot_transformers[3];
static struct ekiden_hop_table depot_hops[3];
static struct ek_registry depot_registry;

static inline void depot_hop(size_t i, const struct ekiden_schema *from,
                             const struct ekiden_schema *to, const char *from_item,
                             const char *to_item, ekiden_transform_function transform)
{
        depot_transformers[i] = (struct ekiden_transformer){from_item, to_item, transform};
        depot_hops[i] = (struct ekiden_hop_table){
                .from = from,
                .to = to,
                .transformers = &depot_transformers[i],
                .transformer_count = transform ? 1 : 0,
        };
        cr_assert_eq(ek_registry_add(&depot_registry, &depot_hops[i]), 0);
}

/** The chain from a version of the depot to its fourth. */
static inline struct ek_chain depot_chain(uint32_t from)
{
        struct ek_chain chain;

        depot_registry.count = 0;
        depot_hop(0, &depot_v1, &depot_v2, "notes", "remarks", note_to_remark);
        depot_hop(1, &depot_v2, &depot_v3, "boxes", "boxes", box_to_label);
        depot_hop(2, &depot_v3, &depot_v4, "remarks", "remarks", remark_to_v4);
        cr_assert_eq(ek_chain_find(&depot_registry, &depot_v4, from, &chain, NULL), 0);
        return chain;
}

/** The route of an item of the fourth version. */
static inline struct ek_route depot_route(const struct ek_chain *chain, const char *item)
{
        struct ekiden_error error = {0};
        struct ek_route route;

        cr_assert_eq(ek_route_find(chain, ekiden_schema_item(chain->to, item), &route, &error), 0,
                     "%s", error.sentence);
        return route;
}
