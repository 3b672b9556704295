/* SPDX-License-Identifier: MIT */
/* Which hops lead from the predecessor's version to the successor's, and each item's way on them.
 */
#include "chain.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Breadth first, backwards from the own version: the first to reach `from_version` is shortest. */
struct search {
        const struct ekiden_hop_table *via[EK_HOPS_MAX + 1]; /* the hop that leaves version i */
        uint32_t versions[EK_HOPS_MAX + 1];
        size_t next[EK_HOPS_MAX + 1]; /* index of the version that via[i] leads to */
        size_t count;
};

static bool is_reached(const struct search *search, uint32_t version)
{
        for (size_t i = 0; i < search->count; i++)
                if (search->versions[i] == version)
                        return true;
        return false;
}

static void reach_from(struct search *search, const struct ek_registry *registry,
                       const struct ekiden_schema *own, size_t at)
{
        for (size_t i = 0; i < registry->count; i++) {
                const struct ekiden_hop_table *hop = registry->hops[i];

                if (hop->to->version != search->versions[at] ||
                    strcmp(hop->to->program, own->program) != 0 ||
                    is_reached(search, hop->from->version))
                        continue;
                search->via[search->count] = hop;
                search->versions[search->count] = hop->from->version;
                search->next[search->count] = at;
                search->count++;
        }
}

int ek_chain_find(const struct ek_registry *registry, const struct ekiden_schema *own,
                  uint32_t from_version, struct ek_chain *ret_chain, struct ekiden_error *error)
{
        struct search search = {.versions = {own->version}, .count = 1};
        struct ek_chain chain = {.from = own, .to = own};
        size_t at = 0;

        while (at < search.count && search.versions[at] != from_version)
                reach_from(&search, registry, own, at++);
        if (at == search.count) {
                if (error && error->code == 0) {
                        error->from_version = from_version;
                        error->to_version = own->version;
                }
                return ekiden_error_set(error, EKIDEN_EVERSION,
                                        "the new binary, at schema version %u of %s, has no chain "
                                        "of transformers from version %u; link the missing hop "
                                        "into it and register it with ekiden_add_hop()",
                                        own->version, own->program, from_version);
        }
        for (; at != 0; at = search.next[at]) {
                if (chain.count == EK_CHAIN_MAX)
                        return ekiden_error_set(error, EKIDEN_EVERSION,
                                                "the chain from schema version %u to %u has more "
                                                "than %d hops; upgrade in two steps",
                                                from_version, own->version, EK_CHAIN_MAX);
                chain.hops[chain.count++] = search.via[at];
        }
        if (chain.count > 0)
                chain.from = chain.hops[0]->from;
        *ret_chain = chain;
        return 0;
}

static const struct ekiden_transformer *transformer_to(const struct ekiden_hop_table *hop,
                                                       const char *item)
{
        for (size_t i = 0; i < hop->transformer_count; i++)
                if (strcmp(hop->transformers[i].to_item, item) == 0)
                        return &hop->transformers[i];
        return NULL;
}

static int refuse_missing(const struct ekiden_hop_table *hop, const struct ekiden_item *to,
                          struct ekiden_error *error)
{
        if (error && error->code == 0) {
                snprintf(error->item, sizeof(error->item), "%s", to->name);
                error->from_version = hop->from->version;
                error->to_version = hop->to->version;
        }
        return ekiden_error_set(
                error, EKIDEN_EVERSION,
                "item \"%s\" differs between schema versions %u and %u, and the new "
                "binary's hop has no transformer for it; generate the hop from both schemas anew "
                "(protoc --ekiden_out=%s:DIR), and write the functions that it declares",
                to->name, hop->from->version, hop->to->version,
                hop->from->version < hop->to->version ? "hop" : "downgrade");
}

/* One hop backwards: where does the item come from? *ret_from is NULL when it is new here. */
static int step_back(const struct ekiden_hop_table *hop, const struct ekiden_item *to,
                     struct ek_step *ret_step, const struct ekiden_item **ret_from,
                     struct ekiden_error *error)
{
        const struct ekiden_transformer *transformer = transformer_to(hop, to->name);
        const struct ekiden_item *from =
                ekiden_schema_item(hop->from, transformer ? transformer->from_item : to->name);

        if (from && !transformer &&
            (from->kind != to->kind || memcmp(from->shape, to->shape, sizeof(to->shape)) != 0))
                return refuse_missing(hop, to, error);
        *ret_step = (struct ek_step){hop, transformer, to, NULL};
        *ret_from = from;
        return 0;
}

int ek_route_find(const struct ek_chain *chain, const struct ekiden_item *target,
                  struct ek_route *ret_route, struct ekiden_error *error)
{
        struct ek_route *route = ret_route;
        const struct ekiden_item *at = target;

        route->source = NULL;
        route->target = target;
        route->count = chain->count;
        for (size_t i = chain->count; i-- > 0;) {
                const struct ekiden_item *from = NULL;
                int r = step_back(chain->hops[i], at, &route->steps[i], &from, error);

                if (r < 0)
                        return r;
                if (!from)
                        return 0;
                at = from;
        }
        route->source = at;
        route->decoded_as = at->message;
        for (route->first = 0; route->first < route->count; route->first++) {
                if (route->steps[route->first].transformer)
                        break;
                route->decoded_as = route->steps[route->first].to->message;
        }
        /* `target` may be another table of the same schema than the last hop's. */
        if (route->first == route->count)
                route->decoded_as = target->message;
        return 0;
}

int ek_chain_check(const struct ek_chain *chain, struct ekiden_error *error)
{
        for (size_t i = 0; i < chain->to->item_count; i++) {
                struct ek_route route;
                int r = ek_route_find(chain, &chain->to->items[i], &route, error);

                if (r < 0)
                        return r;
        }
        return 0;
}
