/* SPDX-License-Identifier: MIT */
/*
 * An item on its way into the program from wherever its records are, a predecessor or a snapshot:
 * by which route, what its transformers look up, and the objects that items share.
 */
#pragma once

#include "state/lookup.h"
#include "state/objects.h"

struct ek_fetch {
        const struct ek_chain *chain;
        ek_pull_function pull; /* asks the source, and imports what it answers */
        void *data; /* passed to it */
        struct ekiden_objects *objects; /* from the first item that is bound to structs on */
        bool objects_are_let_go; /* by an item before that one */
        unsigned int bound_items; /* bound to structs, that have come */
};

/**
 * Fetches an item.
 *
 * @return EKIDEN_RESUMED, EKIDEN_FRESH (no schema version of the source has it, or the source
 * itself not), or an error
 */
int ek_fetch_item(struct ek_fetch *fetch, const struct ek_tagged *tagged,
                  struct ekiden_error *error);

/** Nothing more comes: pointers that still wait for an object would be NULL for ever. 0 or
 * EREFUSED. */
int ek_fetch_check(struct ek_fetch *fetch, struct ekiden_error *error);

/** Frees what the items shared. */
void ek_fetch_deinit(struct ek_fetch *fetch);
