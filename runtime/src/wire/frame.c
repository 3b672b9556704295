/* SPDX-License-Identifier: MIT */
/* Frames are checked here before anybody looks at what is in them. */
#include "wire/frame.h"

#include <string.h>

#include <isa-l/crc.h>

#include <ekiden/error.h>

static void put_le32(uint8_t *out, uint32_t value)
{
        for (int i = 0; i < 4; i++)
                out[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t get_le32(const uint8_t *in)
{
        return (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 |
               (uint32_t)in[3] << 24;
}

/* CRC-32C (Castagnoli), as in RFC 3720 section 12.1, continued from `crc`; 0 begins one. */
static uint32_t crc32c(uint32_t crc, const void *data, size_t size)
{
        /* crc32_iscsi() counts with an int, and its parameter lacks a const that it keeps. */
        return ~crc32_iscsi((unsigned char *)(uintptr_t)data, (int)size, ~crc);
}

static uint32_t checksum(const uint8_t *header, const void *payload, size_t size)
{
        uint32_t crc = crc32c(0, header, 8);

        return size > 0 ? crc32c(crc, payload, size) : crc;
}

void ek_frame_header_write(uint8_t header[EK_FRAME_HEADER_SIZE], uint16_t kind, const void *payload,
                           size_t size_bytes)
{
        put_le32(header, (uint32_t)size_bytes);
        header[4] = (uint8_t)(kind & 0xff);
        header[5] = (uint8_t)(kind >> 8);
        header[6] = 0;
        header[7] = 0;
        put_le32(header + 8, checksum(header, payload, size_bytes));
}

int ek_frame_header_read(const uint8_t header[EK_FRAME_HEADER_SIZE],
                         struct ek_frame_header *ret_header)
{
        uint32_t length = get_le32(header);

        if (header[6] != 0 || header[7] != 0)
                return EKIDEN_EPROTOCOL;
        if (length > EK_FRAME_PAYLOAD_MAX)
                return EKIDEN_ELIMIT;
        *ret_header = (struct ek_frame_header){
                .length = length,
                .kind = (uint16_t)(header[4] | header[5] << 8),
        };
        return 0;
}

int ek_frame_verify(const uint8_t header[EK_FRAME_HEADER_SIZE], const void *payload)
{
        uint32_t length = get_le32(header);

        return checksum(header, payload, length) == get_le32(header + 8) ? 0 : EKIDEN_EPROTOCOL;
}
