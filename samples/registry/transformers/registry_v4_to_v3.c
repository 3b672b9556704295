/* SPDX-License-Identifier: MIT */
/*
 * From v4 back to v3: only who has an address of IPv4 can go back.
 */
#include "registry_v4_to_v3.hop.h"

#include <string.h>

int registry_v4_to_v3_visitor(const Registry__V4__Visitor *old, Registry__V3__Visitor *new_,
                              struct ekiden_hop *hop)
{
        static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
        const uint8_t *address = old->address.data;

        if (old->address.len != 16 || memcmp(address, mapped, sizeof(mapped)) != 0)
                return ekiden_hop_refuse(hop, "a visitor's address is not of IPv4");
        for (int i = 12; i < 16; i++)
                new_->address = new_->address << 8 | address[i];
        new_->has_address = 1;
        return 0;
}
