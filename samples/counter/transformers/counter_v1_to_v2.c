/* SPDX-License-Identifier: MIT */
/*
 * From v1 to v2: the session's `peer` becomes `address` and `port`. The clients are the same in
 * both, so they need no transformer.
 */
#include "hops.h"

#include <stdlib.h>
#include <string.h>

#include "counter_v1.ekiden.h"
#include "counter_v2.ekiden.h"

static int split_peer(const char *peer, Counter__V2__Session *new_, struct ekiden_hop *hop)
{
        const char *colon = strrchr(peer, ':');
        char *end;

        if (!colon)
                return ekiden_hop_refuse(hop, "the peer \"%s\" has no port", peer);

        unsigned long port = strtoul(colon + 1, &end, 10);

        if (end == colon + 1 || *end || port > 65535)
                return ekiden_hop_refuse(hop, "the port of the peer \"%s\" is none", peer);
        new_->address = ekiden_hop_printf(hop, "%.*s", (int)(colon - peer), peer);
        new_->port = (uint32_t)port;
        return new_->address ? 0 : EKIDEN_ENOMEM;
}

static int session_to_v2(const Counter__V1__Session *old, Counter__V2__Session *new_,
                         struct ekiden_hop *hop)
{
        new_->connection = old->connection;
        new_->lines = old->lines;
        new_->partial = old->partial;
        return old->peer ? split_peer(old->peer, new_, hop) : 0;
}
EKIDEN_TRANSFORMER(session_to_v2, Counter__V1__Session, Counter__V2__Session);

static const struct ekiden_transformer transformers[] = {
        {"session", "session", session_to_v2_transformer},
};

const struct ekiden_hop_table counter_v1_to_v2 = {
        .from = &counter_v1,
        .to = &counter_v2,
        .transformers = transformers,
        .transformer_count = sizeof(transformers) / sizeof(transformers[0]),
};
