/* SPDX-License-Identifier: MIT */
/*
 * Calling a message type's codec, where it has one and the library was built to use it. All of
 * these may leave a record to protobuf-c, which is then asked instead.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <ekiden/codec.h>
#include <ekiden/schema.h>

#include "scratch.h"

#ifndef EK_FAST
#define EK_FAST 1 /* -Dfast=false: no codec is ever called */
#endif

/** Bytes of a record's encoding, which is to be packed with type->codec->pack() then;
 * EKIDEN_CODEC_LEFT: it is not known to be sound. */
size_t ek_codec_size(const struct ekiden_message *type, const ProtobufCMessage *record);

/**
 * Checks and unpacks a record.
 *
 * @param data        what the record's `bytes` point into: it has to live as long as the record
 * @param ret_record  in the scratch: nobody frees it
 * @return 1, 0: it is left to protobuf-c, or EKIDEN_ENOMEM
 */
int ek_codec_unpack(const struct ekiden_message *type, struct ekiden_scratch *scratch,
                    const uint8_t *data, size_t size_bytes, ProtobufCMessage **ret_record);
