/* SPDX-License-Identifier: MIT */
/*
 * What a schema is, in 32 bytes: two schemas with one fingerprint mean the same. See fingerprint.c
 * for what counts.
 */
#pragma once

#include "schema.h"
#include "text.h"

/** Fills the schema's fingerprint and each item's shape. Its items are sorted, and it is valid. */
void ek_fingerprint(struct ek_schema *schema);

/** The canonical text of a message type, that a shape is the SHA-256 of. */
void ek_fingerprint_message(struct ek_model *model, struct ek_message *message,
                            struct ek_text *text);

/** The canonical text of a schema whose items have their shapes. */
void ek_fingerprint_schema(const struct ek_schema *schema, struct ek_text *text);
