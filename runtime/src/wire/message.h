/* SPDX-License-Identifier: MIT */
/*
 * Unpacking what a peer sent. protobuf-c believes the depth of what it unpacks and does not look at
 * UTF-8; so every message is walked first, by its descriptor, without allocating anything.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

/** Checks an encoded message: 0, EKIDEN_EPROTOCOL (malformed), or EKIDEN_ELIMIT (too deep). */
int ek_message_check(const ProtobufCMessageDescriptor *descriptor, const uint8_t *data,
                     size_t size_bytes);

/**
 * Checks and unpacks.
 *
 * @param allocator    NULL: malloc()
 * @param ret_message  freed with protobuf_c_message_free_unpacked() and the same allocator
 * @return 0, EKIDEN_EPROTOCOL (malformed, or a required field is missing), EKIDEN_ELIMIT (too
 * deep), EKIDEN_ENOMEM
 */
int ek_message_unpack(const ProtobufCMessageDescriptor *descriptor, ProtobufCAllocator *allocator,
                      const uint8_t *data, size_t size_bytes, ProtobufCMessage **ret_message);

/** Reads a base-128 varint of at most 64 bits: its length in bytes, or 0 when it is malformed. */
size_t ek_varint_read(const uint8_t *data, size_t size_bytes, uint64_t *ret_value);

/** Writes one: its length in bytes, 1 to 10. */
size_t ek_varint_write(uint8_t *out, uint64_t value);
