/* SPDX-License-Identifier: MIT */
/*
 * A codec beside protobuf-c. There is one statement: where the codec says yes, the reference does
 * the same. How often it says yes is for the tests to count: never would be right, and no use.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ekiden/schema.h>

/**
 * Packs a record by both: what has a size is a record that the engine would take, and both write
 * the same bytes.
 *
 * @param ret_wrong  a sentence, where that is not so
 * @return whether the codec gave it a size
 */
bool judge_packing(const struct ekiden_message *type, const ProtobufCMessage *record,
                   const char **ret_wrong);

/**
 * Unpacks bytes by both, from memory of exactly their size: what the codec takes, the check and
 * protobuf-c take too, and make the same of it; packed again by both it is the same again.
 *
 * @param ret_wrong  a sentence, where that is not so
 * @return whether the codec took them
 */
bool judge_unpacking(const struct ekiden_message *type, const uint8_t *data, size_t size_bytes,
                     const char **ret_wrong);
