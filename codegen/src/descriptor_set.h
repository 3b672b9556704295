/* SPDX-License-Identifier: MIT */
/*
 * A schema as protobuf itself describes it: what a snapshot carries, so that its records can be
 * read where the schema's file is not at hand.
 */
#pragma once

#include "schema.h"
#include "text.h"

/**
 * Adds a serialized google.protobuf.FileDescriptorSet: the schema's file and all that it imports,
 * each after what it imports itself. Left out are google/protobuf/descriptor.proto and
 * ekiden/options.proto, which are the same for all schemas, and what does not belong to the schema:
 * comments, places in the file, and names in JSON. So the bytes change only where the schema does.
 */
void ek_descriptor_set(struct ek_text *text, const struct ek_schema *schema);
