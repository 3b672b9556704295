/* SPDX-License-Identifier: MIT */
/*
 * From v1 to v2: the session's `peer` becomes `address` and `port`. All else is copied by the hop
 * that the generator wrote.
 */
#include "counter_v1_to_v2.hop.h"

#include <stdlib.h>
#include <string.h>

int counter_v1_to_v2_session(const Counter__V1__Session *old, Counter__V2__Session *new_,
                             struct ekiden_hop *hop)
{
        const char *colon;
        char *end;
        unsigned long port;

        if (!old->peer)
                return 0;
        colon = strrchr(old->peer, ':');
        if (!colon)
                return ekiden_hop_refuse(hop, "the peer \"%s\" has no port", old->peer);
        port = strtoul(colon + 1, &end, 10);
        if (end == colon + 1 || *end || port > 65535)
                return ekiden_hop_refuse(hop, "the port of the peer \"%s\" is none", old->peer);
        new_->address = ekiden_hop_printf(hop, "%.*s", (int)(colon - old->peer), old->peer);
        new_->port = (uint32_t)port;
        return new_->address ? 0 : EKIDEN_ENOMEM;
}
