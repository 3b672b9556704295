/* SPDX-License-Identifier: MIT */
/*
 * The two files that every schema imports, as protobuf describes them. A schema's own descriptor
 * set leaves them out, since they are the same for all; what is written for others to read (a
 * snapshot) begins with them.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/**
 * A serialized google.protobuf.FileDescriptorSet of google/protobuf/descriptor.proto and
 * ekiden/options.proto. Sets are joined by putting their bytes one after the other: with that of a
 * schema (`descriptor_set` of struct ekiden_schema) behind it, it is complete.
 */
const uint8_t *ek_standard_schemas(size_t *ret_size_bytes);
