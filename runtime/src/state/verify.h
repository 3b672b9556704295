/* SPDX-License-Identifier: MIT */
/*
 * Verification: what a successor would hand over is compared with what it was handed. The paper's
 * authors tested so, by upgrades to the same version; here it is done in any upgrade that asks for
 * it. Across versions it is compared with what the transformers gave to the program; and, as far as
 * there is a way back, what comes back with what was sent.
 */
#pragma once

#include "state/lookup.h"
#include "state/transfer.h"

struct ek_verification {
        const struct ek_chain *chain; /* by which the items came */
        const struct ek_registry *registry; /* which may have a way back */
        const struct ekiden_objects *imported; /* NULL: no item is bound to structs */
        unsigned int bound_items; /* that have come, bound to structs */
        /**
         * Asks the source for an item again, with all objects that it leads to, and shows it.
         *
         * @param source  as the source has it
         * @param from    its schema; NULL for a built-in item
         */
        int (*again)(void *data, const struct ekiden_item *source, const struct ekiden_schema *from,
                     const struct ek_visitor *visitor, struct ekiden_error *error);
        /* Pulls what transformers look up again, for that (lookup.h). */
        ek_pull_function look_up;
        void *data; /* passed to both */
};

/**
 * Exports each item that has come, in the order in which they came, and compares. The verdicts are
 * noted in the items' figures, whose digests must have been made on the way in; an item that was
 * sent ahead is asked for again, for its.
 *
 * @param error  not NULL, and not set
 * @return 0; EREFUSED naming item, record (by its key) and field of the first difference; or what
 *         went wrong in looking for it
 */
int ek_verify(const struct ek_verification *verification, struct ekiden_error *error);
