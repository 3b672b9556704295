/* SPDX-License-Identifier: MIT */
/*
 * From one schema version to another: the registry holds the hops that a program registered, a
 * chain is the hops between two versions, a route is what one item goes through on the chain.
 */
#pragma once

#include <stddef.h>

#include <ekiden/hop.h>

#include "scratch.h"

#define EK_HOPS_MAX 256 /* that a program can register */
#define EK_CHAIN_MAX 64 /* hops of one chain */

struct ek_registry {
        const struct ekiden_hop_table *hops[EK_HOPS_MAX];
        size_t count;
};

struct ek_chain {
        const struct ekiden_schema *from, *to; /* as this binary knows them */
        const struct ekiden_hop_table *hops[EK_CHAIN_MAX];
        size_t count;
};

struct ek_index;

struct ek_step {
        const struct ekiden_hop_table *hop;
        const struct ekiden_transformer *transformer; /* NULL: the shapes agree */
        const struct ekiden_item *to; /* the item as hop->to has it */
        struct ek_index *indexes; /* what the transformer may look up: a list, see index.h */
};

struct ek_route {
        const struct ekiden_item *source; /* in chain->from; NULL: it had no such item */
        const struct ekiden_item *target; /* in chain->to */
        struct ek_step steps[EK_CHAIN_MAX];
        size_t count;
        const struct ekiden_message *decoded_as; /* the type to unpack a source record as: of the
                                                    last item that has the source's shape */
        size_t first; /* step that a record unpacked so enters at */
};

/** Adds a hop after checking it: 0, EINVAL, EEXISTS, ENOMEM (EK_HOPS_MAX are there). */
int ek_registry_add(struct ek_registry *registry, const struct ekiden_hop_table *hop);

/** The schema of this version, as a hop or `own` knows it; or NULL. */
const struct ekiden_schema *ek_registry_schema(const struct ek_registry *registry,
                                               const struct ekiden_schema *own, uint32_t version);

/** Finds the shortest chain from a version to `own`: 0, or EVERSION with a sentence. */
int ek_chain_find(const struct ek_registry *registry, const struct ekiden_schema *own,
                  uint32_t from_version, struct ek_chain *ret_chain, struct ekiden_error *error);

/** Finds a route for every item of chain->to: 0, or EVERSION naming the item that lacks one. */
int ek_chain_check(const struct ek_chain *chain, struct ekiden_error *error);

/** Finds the route that ends in `target`, of chain->to: 0, or EVERSION with a sentence. */
int ek_route_find(const struct ek_chain *chain, const struct ekiden_item *target,
                  struct ek_route *ret_route, struct ekiden_error *error);

/**
 * Sends one record along a route.
 *
 * @param record  unpacked as route->decoded_as, in the scratch, its descriptor fields resolved
 * @param number  of the record in its item, from 0
 * @param sink    called for each record that comes out, of the target's type; its error ends the
 * run
 * @return 0, or an error with a sentence that names transformer and record
 */
int ek_route_run(const struct ek_route *route, ProtobufCMessage *record, uint64_t number,
                 struct ekiden_scratch *scratch, int (*sink)(void *data, ProtobufCMessage *record),
                 void *data, struct ekiden_error *error);
