/* SPDX-License-Identifier: MIT */
/* What the files that make descriptors share. */
#pragma once

#include <stdbool.h>

#include "dynamic.h"
#include "google/protobuf/descriptor.pb-c.h"
#include "scratch.h"

/* A message or an enum, which the set's names lead to. */
struct dynamic_type {
        const char *full_name, *package;
        const Google__Protobuf__DescriptorProto *message; /* or NULL */
        const Google__Protobuf__EnumDescriptorProto *enumeration; /* or NULL */
        ProtobufCMessageDescriptor *message_descriptor;
        ProtobufCEnumDescriptor *enum_descriptor;
        bool proto3;
};

struct dynamic_types {
        struct ekiden_scratch scratch;
        Google__Protobuf__FileDescriptorSet *set;
        struct dynamic_type *types; /* sorted by name */
        size_t count, capacity;
        struct ekiden_error *error;
};

/** Says that the set contradicts itself: EKIDEN_EPROTOCOL. */
int dynamic_damaged(struct dynamic_types *types, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/** Says that memory ran out: EKIDEN_ENOMEM. */
int dynamic_out_of_memory(struct dynamic_types *types);

/** Zeroed memory for `count` of something, which lives as long as the types; NULL: it ran out. */
void *dynamic_alloc(struct dynamic_types *types, size_t count, size_t size_bytes);

/** The type that a field names, ".counter.v2.Clients", or NULL. */
const struct dynamic_type *dynamic_find(const struct dynamic_types *types, const char *type_name);

/** Whether a name is an identifier: letters, digits and '_', no digit first. NULL is none. */
bool dynamic_is_identifier(const char *name);

/** Makes the ranges by which protobuf-c finds a number among sorted ones. 0 or ENOMEM. */
int dynamic_ranges(struct dynamic_types *types, const int *numbers, size_t count,
                   const ProtobufCIntRange **ret_ranges, unsigned int *ret_count);

/** Fills the descriptor of an enum. */
int dynamic_build_enum(struct dynamic_types *types, const struct dynamic_type *type);

/** Fills the descriptor of a message; those of the types that its fields have may still be empty.
 */
int dynamic_build_message(struct dynamic_types *types, const struct dynamic_type *type);

/** Reads what a field's default is, as descriptor.proto has it, into protobuf-c's form. */
int dynamic_default(struct dynamic_types *types, const char *text,
                    const ProtobufCFieldDescriptor *field, const void **ret_value);
