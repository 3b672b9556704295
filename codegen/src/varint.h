/* SPDX-License-Identifier: MIT */
/*
 * The integers of the wire format, where protobuf-c does not decode them for us: before it may run,
 * and in fields that it does not know.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/**
 * Decodes the varint that `bytes` begin with. Bits above the 64th are dropped, as protobuf-c drops
 * them.
 *
 * @return how many bytes it took; 0: it does not end within `size_bytes`, or not within ten bytes
 */
size_t ek_varint_decode(const uint8_t *bytes, size_t size_bytes, uint64_t *ret_value);
