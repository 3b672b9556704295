/* SPDX-License-Identifier: MIT */
/* CRC-32C bit by bit, as RFC 3720 section 12.1 defines it: slow, and plain enough to be believed.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

static inline uint32_t reference_crc32c(const void *data, size_t size)
{
        const uint8_t *bytes = data;
        uint32_t crc = UINT32_MAX;

        for (size_t i = 0; i < size; i++) {
                crc ^= bytes[i];
                for (int bit = 0; bit < 8; bit++)
                        crc = crc & 1 ? crc >> 1 ^ UINT32_C(0x82f63b78) : crc >> 1;
        }
        return ~crc;
}
