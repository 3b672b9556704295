/* SPDX-License-Identifier: MIT */
/* The header of a frame: its bytes are fixed for good, and no damage to them passes. */
#include "wire/frame.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include <ekiden/error.h>

#include "reference_crc32c.h"

#define PAYLOAD_LARGEST 3000

static uint32_t le32(const uint8_t *bytes)
{
        return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
               (uint32_t)bytes[3] << 24;
}

static void fill(uint8_t *bytes, size_t size)
{
        for (size_t i = 0; i < size; i++)
                bytes[i] = (uint8_t)(i * 151 + 7);
}

/* RFC 3720, B.4 (there the checksum's bytes are listed lowest first), and the usual check value. */
Test(frame, reference_checksum_agrees_with_published_vectors)
{
        static const uint8_t read_command[48] = {
                0x01, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,    0, 0, 0, 0,
                0x14, 0,    0, 0, 0, 0, 4, 0, 0, 0, 0, 0x14, 0, 0, 0, 0x18,
                0x28, 0,    0, 0, 0, 0, 0, 0, 2, 0, 0, 0,    0, 0, 0, 0,
        };
        uint8_t bytes[32];

        memset(bytes, 0, sizeof(bytes));
        cr_expect_eq(reference_crc32c(bytes, sizeof(bytes)), 0x8a9136aa);
        memset(bytes, 0xff, sizeof(bytes));
        cr_expect_eq(reference_crc32c(bytes, sizeof(bytes)), 0x62a8ab43);
        for (uint8_t i = 0; i < sizeof(bytes); i++)
                bytes[i] = i;
        cr_expect_eq(reference_crc32c(bytes, sizeof(bytes)), 0x46dd794e);
        for (uint8_t i = 0; i < sizeof(bytes); i++)
                bytes[i] = (uint8_t)(31 - i);
        cr_expect_eq(reference_crc32c(bytes, sizeof(bytes)), 0x113fdb5c);
        cr_expect_eq(reference_crc32c(read_command, sizeof(read_command)), 0xd9963a56);
        cr_expect_eq(reference_crc32c("123456789", 9), 0xe3069283);
}

Test(frame, checksum_is_crc32c_of_header_and_payload_for_every_size_and_alignment)
{
        uint8_t whole[8 + PAYLOAD_LARGEST], shifted[PAYLOAD_LARGEST + 16];
        uint8_t header[EK_FRAME_HEADER_SIZE];

        fill(whole + 8, PAYLOAD_LARGEST);
        for (size_t size = 0; size <= PAYLOAD_LARGEST; size += size < 300 ? 1 : 97) {
                uint8_t *payload = shifted + size % 16;

                memcpy(payload, whole + 8, size);
                ek_frame_header_write(header, 0x1234, payload, size);
                memcpy(whole, header, 8);
                cr_assert_eq(le32(header + 8), reference_crc32c(whole, 8 + size), "size %zu", size);
        }
}

Test(frame, header_has_these_bytes_for_good)
{
        static const uint8_t expected[8] = {9, 0, 0, 0, 0x02, 0x01, 0, 0};
        uint8_t whole[8 + 9] = {9,   0,   0,   0,   0x02, 0x01, 0,   0,  '1',
                                '2', '3', '4', '5', '6',  '7',  '8', '9'};
        uint8_t header[EK_FRAME_HEADER_SIZE];
        struct ek_frame_header read;

        ek_frame_header_write(header, 0x0102, "123456789", 9);
        cr_assert_arr_eq(header, expected, sizeof(expected));
        cr_assert_eq(le32(header + 8), reference_crc32c(whole, sizeof(whole)));
        cr_assert_eq(ek_frame_header_read(header, &read), 0);
        cr_assert_eq(read.length, 9);
        cr_assert_eq(read.kind, 0x0102);
        cr_assert_eq(ek_frame_verify(header, "123456789"), 0);
}

/* A length that grew gets the bytes that it asks for, so that only the checksum can tell. */
Test(frame, every_flipped_bit_of_a_header_is_refused)
{
        const size_t size = 100;
        uint8_t *payload = calloc(1, EK_FRAME_PAYLOAD_MAX);
        uint8_t header[EK_FRAME_HEADER_SIZE];
        struct ek_frame_header read;

        cr_assert_not_null(payload);
        fill(payload, size);
        ek_frame_header_write(header, 9, payload, size);
        cr_assert_eq(ek_frame_header_read(header, &read), 0);
        cr_assert_eq(ek_frame_verify(header, payload), 0);
        for (unsigned int bit = 0; bit < 8 * EK_FRAME_HEADER_SIZE; bit++) {
                int r;

                header[bit / 8] ^= (uint8_t)(1 << bit % 8);
                r = ek_frame_header_read(header, &read);
                if (r == 0)
                        r = ek_frame_verify(header, payload);
                cr_expect(r == EKIDEN_EPROTOCOL || r == EKIDEN_ELIMIT, "bit %u gave %d", bit, r);
                header[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        free(payload);
}

Test(frame, every_flipped_bit_of_a_payload_is_refused)
{
        uint8_t payload[200];
        uint8_t header[EK_FRAME_HEADER_SIZE];

        fill(payload, sizeof(payload));
        ek_frame_header_write(header, 9, payload, sizeof(payload));
        for (unsigned int bit = 0; bit < 8 * sizeof(payload); bit++) {
                payload[bit / 8] ^= (uint8_t)(1 << bit % 8);
                cr_expect_eq(ek_frame_verify(header, payload), EKIDEN_EPROTOCOL, "bit %u", bit);
                payload[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        cr_expect_eq(ek_frame_verify(header, payload), 0);
}

Test(frame, length_is_limited)
{
        uint8_t header[EK_FRAME_HEADER_SIZE] = {0};
        struct ek_frame_header read = {.length = 77};

        for (uint64_t length = EK_FRAME_PAYLOAD_MAX; length <= UINT32_MAX; length += 0x00ffffff) {
                for (int i = 0; i < 4; i++)
                        header[i] = (uint8_t)(length >> (8 * i));
                if (length == EK_FRAME_PAYLOAD_MAX) {
                        cr_expect_eq(ek_frame_header_read(header, &read), 0);
                        cr_expect_eq(read.length, EK_FRAME_PAYLOAD_MAX);
                        read.length = 77;
                } else {
                        cr_expect_eq(ek_frame_header_read(header, &read), EKIDEN_ELIMIT);
                }
        }
        header[0] = 1; /* 64 MiB and one byte */
        header[1] = header[2] = 0;
        header[3] = 4;
        cr_expect_eq(ek_frame_header_read(header, &read), EKIDEN_ELIMIT);
        cr_expect_eq(read.length, 77, "an output is written on success only");
}

/* Two bytes are kept for what may come; until then they are zero, whatever the checksum says. */
Test(frame, reserved_bytes_are_zero)
{
        uint8_t header[EK_FRAME_HEADER_SIZE];
        struct ek_frame_header read;

        for (unsigned int bit = 0; bit < 16; bit++) {
                uint32_t checksum;

                ek_frame_header_write(header, 9, NULL, 0);
                header[6 + bit / 8] = (uint8_t)(1 << bit % 8);
                checksum = reference_crc32c(header, 8);
                for (int i = 0; i < 4; i++)
                        header[8 + i] = (uint8_t)(checksum >> (8 * i));
                cr_expect_eq(ek_frame_header_read(header, &read), EKIDEN_EPROTOCOL, "bit %u", bit);
        }
}
