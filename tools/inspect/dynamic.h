/* SPDX-License-Identifier: MIT */
/*
 * protobuf-c's descriptors, made at run time from a google.protobuf.FileDescriptorSet: with them
 * protobuf-c unpacks messages of types that this program was not compiled with. Nothing in the set
 * is believed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include <ekiden/error.h>

#define DYNAMIC_SET_MAX ((size_t)4 << 20) /* bytes of a set */
#define DYNAMIC_TYPES_MAX 65536 /* messages and enums of a set */
#define DYNAMIC_NAME_MAX 511 /* bytes of a type's full name */
#define DYNAMIC_NESTING_MAX 32 /* messages declared within messages */
#define DYNAMIC_MESSAGE_MAX ((size_t)256 << 10) /* bytes of a message in memory, without arrays */

struct dynamic_types;

/**
 * Makes the descriptors of all message and enum types of a set.
 *
 * Groups are left out, since protobuf-c cannot read them; so are extensions and services. The
 * descriptors have no message_init: protobuf_c_message_init() must not be called with them.
 *
 * @param set  several sets, one after the other, are one
 * @return 0, EKIDEN_EPROTOCOL (it contradicts itself, or is no set), EKIDEN_ELIMIT, EKIDEN_ENOMEM
 */
int dynamic_types_new(const uint8_t *set, size_t size_bytes, struct dynamic_types **ret_types,
                      struct ekiden_error *error);

/** Frees the types and all descriptors. NULL is allowed. */
struct dynamic_types *dynamic_types_free(struct dynamic_types *types);

/** The message type of this full name ("counter.v2.Clients"), or NULL. */
const ProtobufCMessageDescriptor *dynamic_message(const struct dynamic_types *types,
                                                  const char *full_name);

/** Whether it is the message that one entry of a map is: its fields are `key` and `value`. */
bool dynamic_is_map_entry(const ProtobufCMessageDescriptor *descriptor);

/** The set as it was decoded: every name in it is there and is one, every type is known. */
const struct Google__Protobuf__FileDescriptorSet *dynamic_set(const struct dynamic_types *types);
