/* SPDX-License-Identifier: MIT */
/*
 * What the transformers of an item look up in other items: those are pulled ahead of it, through
 * the hops that come before, and are kept until the item has crossed.
 */
#pragma once

#include "chain.h"
#include "state/tagged.h"

/** Pulls `source` through a route into what is tagged: EKIDEN_RESUMED, EKIDEN_FRESH or an error. */
typedef int (*ek_pull_function)(void *data, const struct ekiden_item *source,
                                const struct ek_tagged *tagged, const struct ek_route *route,
                                struct ekiden_error *error);

/**
 * Pulls what the transformers on a route look up, and gives it to the route's steps.
 *
 * @param chain  that the route was found in
 * @param data   passed to `pull`
 * @return 0 or an error; after both, ek_lookups_free() is due
 */
int ek_lookups_fetch(const struct ek_chain *chain, struct ek_route *route, ek_pull_function pull,
                     void *data, struct ekiden_error *error);

/** Frees all that the route's transformers could look up. */
void ek_lookups_free(struct ek_route *route);
