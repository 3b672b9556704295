/* SPDX-License-Identifier: MIT */
/* A recording as another implementation of protobuf reads it, and writes it again. */
#pragma once

#include "recording.h"

/**
 * Gives all records and all OBJECTS payloads to protoc --decode, and what it prints to
 * protoc --encode. Fails the test unless the bytes are the same, and each field was known.
 *
 * @param schema  of the recording
 * @param import  the schema's .proto, found on the paths of TEST_PROTO_PATHS
 * @return records that were read
 */
size_t expect_protoc_agrees(const struct recording *recording, const struct ekiden_schema *schema,
                            const char *import, uint64_t seed);
