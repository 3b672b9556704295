/* SPDX-License-Identifier: MIT */
/*
 * From v3 back to v2: an integer is written out.
 */
#include "kv_v3_to_v2.hop.h"

#include "text.h"

int kv_v3_to_v2_entry(const Kv__V3__Entry *old, Kv__V2__Entry *new_, struct ekiden_hop *hop)
{
        struct text digits;
        char *room;

        if (old->value_case != KV__V3__ENTRY__VALUE_INTEGER)
                return 0;
        room = ekiden_hop_alloc(hop, NUMBER_SIZE);
        if (!room)
                return EKIDEN_ENOMEM;
        digits = text_from_integer(old->integer, room);
        new_->value = (ProtobufCBinaryData){
                .data = (uint8_t *)(uintptr_t)digits.bytes,
                .len = digits.size,
        };
        new_->has_value = 1;
        return 0;
}
