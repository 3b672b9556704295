/* SPDX-License-Identifier: MIT */
/*
 * From v1 to v2: a client's `since` becomes `since_ms`. The total is the same in both, so it needs
 * no transformer.
 */
#include "hops.h"

#include "abacus_v1.ekiden.h"
#include "abacus_v2.ekiden.h"

static int client_to_v2(const Abacus__V1__Client *old, Abacus__V2__Client *new_,
                        struct ekiden_hop *hop)
{
        (void)hop;
        new_->has_id = old->has_id;
        new_->id = old->id;
        new_->has_connection = old->has_connection;
        new_->connection = old->connection;
        new_->has_lines = old->has_lines;
        new_->lines = old->lines;
        new_->has_since_ms = old->has_since;
        new_->since_ms = (uint64_t)old->since * 1000;
        return 0;
}
EKIDEN_TRANSFORMER(client_to_v2, Abacus__V1__Client, Abacus__V2__Client);

static const struct ekiden_transformer transformers[] = {
        {"clients", "clients", client_to_v2_transformer},
};

const struct ekiden_hop_table abacus_v1_to_v2 = {
        .from = &abacus_v1,
        .to = &abacus_v2,
        .transformers = transformers,
        .transformer_count = sizeof(transformers) / sizeof(transformers[0]),
};
