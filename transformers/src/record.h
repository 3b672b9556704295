/* SPDX-License-Identifier: MIT */
/* Whether a record may leave a program or a transformer: what protobuf-c would pack wrongly, crash
   on or lose in silence is found here, with the field's name. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <ekiden/schema.h>

/* Sub-messages deeper than this are refused (the limit of the C++ and Java implementations). */
#define EK_MESSAGE_DEPTH_MAX 100

/**
 * Checks a record, its sub-messages included.
 *
 * @param is_filled  it was filled from its defaults: a value without its has_ flag is a mistake
 * @param ret_field  name of the field that is wrong; "" when it is the message itself
 * @return NULL, or what is wrong, as the end of a sentence; static
 */
const char *ek_record_check(const ProtobufCMessage *record, bool is_filled,
                            char ret_field[EKIDEN_NAME_MAX + 1]);

/** Bytes of one value of a field in a message of protobuf-c's. */
size_t ek_value_size(ProtobufCType type);
