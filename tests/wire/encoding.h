/* SPDX-License-Identifier: MIT */
/* Encoded messages put together byte by byte, sound ones and others. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define ENCODING_MAX 4096

enum wire_type { VARINT = 0, FIXED64 = 1, LENGTH = 2, GROUP = 3, GROUP_END = 4, FIXED32 = 5 };

struct encoding {
        uint8_t bytes[ENCODING_MAX];
        size_t size;
};

/** Appends bytes as they are. */
void append(struct encoding *encoding, const void *bytes, size_t size);

/** Appends a varint, in its shortest form. */
void append_varint(struct encoding *encoding, uint64_t value);

/** Appends a field's tag. */
void append_tag(struct encoding *encoding, unsigned int field, enum wire_type type);

/** Appends a length-delimited field. */
void append_field(struct encoding *encoding, unsigned int field, const void *bytes, size_t size);
