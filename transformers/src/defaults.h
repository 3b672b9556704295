/* SPDX-License-Identifier: MIT */
/*
 * A field that is absent means its default. A program that keeps no more than the value has nothing
 * to tell the one from the other, and sends it as a value.
 */
#pragma once

#include <stdbool.h>

#include <protobuf-c/protobuf-c.h>

/**
 * Clears the optional fields of a message that hold their default, sub-messages included; of a
 * oneof none, as which of its fields is set says something. What they held is not freed.
 *
 * @param message  unpacked, of its own: what it points to is changed, too
 * @return whether it says no more than an absent one would
 */
bool ek_clear_defaults(ProtobufCMessage *message);
