/* SPDX-License-Identifier: MIT */
/*
 * From v2 to v3: counts get 64 bits, and the session's `port` is left behind.
 */
#include "hops.h"

#include "counter_v2.ekiden.h"
#include "counter_v3.ekiden.h"

static int clients_to_v3(const Counter__V2__Clients *old, Counter__V3__Clients *new_,
                         struct ekiden_hop *hop)
{
        (void)hop;
        new_->listener = old->listener;
        new_->accepted = old->accepted;
        new_->lines = old->lines;
        return 0;
}
EKIDEN_TRANSFORMER(clients_to_v3, Counter__V2__Clients, Counter__V3__Clients);

static int session_to_v3(const Counter__V2__Session *old, Counter__V3__Session *new_,
                         struct ekiden_hop *hop)
{
        (void)hop;
        new_->connection = old->connection;
        new_->lines = old->lines;
        new_->partial = old->partial;
        new_->address = old->address;
        return 0;
}
EKIDEN_TRANSFORMER(session_to_v3, Counter__V2__Session, Counter__V3__Session);

static const struct ekiden_transformer transformers[] = {
        {"clients", "clients", clients_to_v3_transformer},
        {"session", "session", session_to_v3_transformer},
};

const struct ekiden_hop_table counter_v2_to_v3 = {
        .from = &counter_v2,
        .to = &counter_v3,
        .transformers = transformers,
        .transformer_count = sizeof(transformers) / sizeof(transformers[0]),
};
