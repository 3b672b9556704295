/* SPDX-License-Identifier: MIT */
/* Numbers, truth and values of enums as text: the same in text format, JSON and keys. */
#pragma once

#include <protobuf-c/protobuf-c.h>

#define SCALAR_TEXT_MAX 512

/**
 * A value that is no string, bytes or message. Of floating point it is the shortest text that reads
 * back as the same value; "inf", "-inf", "nan". Of an enum it is the value's name, or the number
 * where the schema has none.
 */
const char *scalar_text(const ProtobufCFieldDescriptor *field, const void *value,
                        char ret_text[SCALAR_TEXT_MAX]);
