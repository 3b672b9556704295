/* SPDX-License-Identifier: MIT */
/* Whether two messages are the same to a program that reads them as protoc-c's structs. */
#pragma once

#include <stdbool.h>

#include <protobuf-c/protobuf-c.h>

/** Values, presence, defaults where they are defaults, NULL where it is NULL. Two NaNs are alike by
 * their bits. Unknown fields: there are none. */
bool alike(const ProtobufCMessage *one, const ProtobufCMessage *other);
