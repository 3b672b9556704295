/* SPDX-License-Identifier: MIT */
/* Random records of any message type, and damage to their encodings. */
#pragma once

#include <stdbool.h>

#include <protobuf-c/protobuf-c.h>

#include "scratch.h"

/**
 * A record, in the scratch; its strings and bytes too.
 *
 * @param is_sound  false: now and then there is something in it that the engine refuses
 */
ProtobufCMessage *draw_record(const ProtobufCMessageDescriptor *type,
                              struct ekiden_scratch *scratch, bool is_sound);

/** Flips, cuts, repeats, moves, and lengthens varints, in a buffer that has room for `size_max`
 * bytes. */
void damage(uint8_t *bytes, size_t *size, size_t size_max);
