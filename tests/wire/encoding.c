/* SPDX-License-Identifier: MIT */
/* See encoding.h. Written without the code that it is to test. */
#include "encoding.h"

#include <string.h>

#include <criterion/criterion.h>

void append(struct encoding *encoding, const void *bytes, size_t size)
{
        cr_assert_leq(encoding->size + size, ENCODING_MAX);
        if (size > 0)
                memcpy(encoding->bytes + encoding->size, bytes, size);
        encoding->size += size;
}

void append_varint(struct encoding *encoding, uint64_t value)
{
        do {
                uint8_t byte = (uint8_t)(value & 0x7f);

                value >>= 7;
                if (value > 0)
                        byte |= 0x80;
                append(encoding, &byte, 1);
        } while (value > 0);
}

void append_tag(struct encoding *encoding, unsigned int field, enum wire_type type)
{
        append_varint(encoding, (uint64_t)field << 3 | type);
}

void append_field(struct encoding *encoding, unsigned int field, const void *bytes, size_t size)
{
        append_tag(encoding, field, LENGTH);
        append_varint(encoding, size);
        append(encoding, bytes, size);
}
