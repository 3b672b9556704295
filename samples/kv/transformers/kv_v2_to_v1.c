/* SPDX-License-Identifier: MIT */
/*
 * From v2 back to v1, which would keep for ever what was to expire: that is refused.
 */
#include "kv_v2_to_v1.hop.h"

static int check(int64_t expires_at, struct ekiden_hop *hop)
{
        if (expires_at == 0)
                return 0;
        return ekiden_hop_refuse(hop,
                                 "a key expires, and the first release would keep it for ever: "
                                 "PERSIST or DEL what expires, or wait");
}

int kv_v2_to_v1_entry(const Kv__V2__Entry *old, Kv__V1__Entry *new_, struct ekiden_hop *hop)
{
        (void)new_;
        return check(old->expires_at, hop);
}

int kv_v2_to_v1_large(const Kv__V2__Large *old, Kv__V1__Large *new_, struct ekiden_hop *hop)
{
        (void)new_;
        return check(old->expires_at, hop);
}
