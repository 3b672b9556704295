/* SPDX-License-Identifier: MIT */
/*
 * From v3 to v4: an IPv4 address becomes the IPv6 address that it is mapped to (RFC 4291, section
 * 2.5.5.2), and with it the key of the visitors.
 */
#include "registry_v3_to_v4.hop.h"

int registry_v3_to_v4_visitor(const Registry__V3__Visitor *old, Registry__V4__Visitor *new_,
                              struct ekiden_hop *hop)
{
        uint8_t *address = ekiden_hop_alloc(hop, 16);

        if (!address)
                return EKIDEN_ENOMEM;
        address[10] = address[11] = 0xff;
        for (int i = 0; i < 4; i++)
                address[12 + i] = (uint8_t)(old->address >> (24 - 8 * i));
        new_->address = (ProtobufCBinaryData){.data = address, .len = 16};
        new_->has_address = 1;
        return 0;
}
