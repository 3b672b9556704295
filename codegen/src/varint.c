/* SPDX-License-Identifier: MIT */
#include "varint.h"

#define SIZE_MAX_BYTES 10 /* of 64 bits, 7 to a byte */

size_t ek_varint_decode(const uint8_t *bytes, size_t size_bytes, uint64_t *ret_value)
{
        uint64_t value = 0;

        for (size_t i = 0; i < size_bytes && i < SIZE_MAX_BYTES; i++) {
                value |= (uint64_t)(bytes[i] & 0x7f) << (7 * i);
                if ((bytes[i] & 0x80) == 0) {
                        *ret_value = value;
                        return i + 1;
                }
        }
        return 0;
}
