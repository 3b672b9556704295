/* SPDX-License-Identifier: MIT */
/*
 * From v2 back to v1, which would keep for ever what was to expire: that is refused.
 */
#include "kv_v2_to_v1.hop.h"

int kv_v2_to_v1_entry(const Kv__V2__Entry *old, Kv__V1__Entry *new_, struct ekiden_hop *hop)
{
        (void)new_;
        if (old->expires_at != 0)
                return ekiden_hop_refuse(hop, "a key expires, and the first release would keep it "
                                              "for ever: PERSIST or DEL what expires, or wait");
        return 0;
}
