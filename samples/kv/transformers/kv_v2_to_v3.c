/* SPDX-License-Identifier: MIT */
/*
 * From v2 to v3: a value that is an integer, written as one writes it, becomes one.
 */
#include "kv_v2_to_v3.hop.h"

#include "text.h"

int kv_v2_to_v3_entry(const Kv__V2__Entry *old, Kv__V3__Entry *new_, struct ekiden_hop *hop)
{
        const struct text value = {old->value.data, old->value.len};
        int64_t integer;

        (void)hop;
        if (text_to_integer(value, &integer)) {
                new_->integer = integer;
                new_->value_case = KV__V3__ENTRY__VALUE_INTEGER;
        }
        return 0;
}
