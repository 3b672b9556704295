/* SPDX-License-Identifier: MIT */
/*
 * A frame's header: 12 bytes, little-endian: payload length (32 bits), kind (16), zero (16),
 * CRC-32C (32) over the first eight bytes and the payload. The kinds are in
 * idl/ekiden/handover.proto.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define EK_FRAME_HEADER_SIZE 12

/* No frame's payload is larger, whatever its header says. A batch ends at EK_BATCH_TARGET unless
   one single record is larger than that. */
#define EK_FRAME_PAYLOAD_MAX (UINT32_C(64) << 20)

struct ek_frame_header {
        uint32_t length; /* of the payload, bytes */
        uint16_t kind;
};

/** Writes the header of a frame with this payload, of at most EK_FRAME_PAYLOAD_MAX bytes. */
void ek_frame_header_write(uint8_t header[EK_FRAME_HEADER_SIZE], uint16_t kind, const void *payload,
                           size_t size_bytes);

/** Reads a header: 0, EKIDEN_ELIMIT (too long) or EKIDEN_EPROTOCOL (the zero is not zero). */
int ek_frame_header_read(const uint8_t header[EK_FRAME_HEADER_SIZE],
                         struct ek_frame_header *ret_header);

/** Compares the checksum: 0 or EKIDEN_EPROTOCOL. `payload` has header->length bytes. */
int ek_frame_verify(const uint8_t header[EK_FRAME_HEADER_SIZE], const void *payload);
