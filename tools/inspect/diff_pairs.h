/* SPDX-License-Identifier: MIT */
/* Which records of two snapshots belong together, and which are alone. */
#pragma once

#include "diff_index.h"

/* Records that may differ. */
struct diff_pair {
        const struct diff_entry *older, *newer; /* NULL: there is none */
};

struct diff_pairs {
        struct diff_pair *list;
        size_t count;
};

/**
 * Pairs the entries of two sorted indices. Those that are the same are left out, unless they hold
 * messages of two versions, whose bytes say nothing.
 *
 * @param ret_pairs  in the order of the older file, behind them those that only the newer has, in
 *                   its order; diff_pairs_deinit()
 * @return 0 or EKIDEN_ENOMEM
 */
int diff_pairs_find(const struct diff_index *older, const struct diff_index *newer,
                    bool same_schema, struct diff_pairs *ret_pairs);

void diff_pairs_deinit(struct diff_pairs *pairs);
