/* SPDX-License-Identifier: MIT */
/*
 * Codecs: for each message type that records can hold, functions that size, pack and unpack it
 * without looking at its descriptor. <ekiden/codec.h> has what they are made of.
 */
#pragma once

#include "emit.h"
#include "tables.h"

/** Whether there are so many fields that their codecs are to call what others inline. */
bool ek_codecs_are_many(const struct ek_schema *schema);

/** Writes the functions of all messages, and `codec_TABLE` for those of `tables`. */
void ek_emit_codecs(struct ek_text *out, const struct ek_schema *schema,
                    const struct ek_tables *tables);
