/* SPDX-License-Identifier: MIT */
/*
 * What two versions of a message can both tell. A field that only one of them has is lost on the
 * way there and back; cleared in both messages, it makes no difference.
 */
#pragma once

#include <stdbool.h>

#include <protobuf-c/protobuf-c.h>

/**
 * Clears the fields of a message that the other version does not have: by name, type and label,
 * sub-messages included. What they held is not freed.
 *
 * @param message  unpacked, of its own: what it points to is changed, too
 * @param other    NULL: has nothing
 * @return whether there was such a field in the message's type, set or not, in so far as the
 * message led to it
 */
bool ek_mask(ProtobufCMessage *message, const ProtobufCMessageDescriptor *other);
