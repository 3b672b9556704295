/* SPDX-License-Identifier: MIT */
/*
 * The tables that protoc-gen-ekiden writes for each schema. A program names them (`&counter_v2`)
 * and never fills one itself.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include <ekiden/error.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define EKIDEN_FINGERPRINT_SIZE 32 /* bytes of a SHA-256 (FIPS 180-4) */

/** What protoc-gen-ekiden's output asks of these headers; compared at compile time. */
#define EKIDEN_SCHEMA_ABI 4

enum ekiden_item_kind {
        EKIDEN_ITEM_SINGLETON = 1, /* one message */
        EKIDEN_ITEM_STREAM = 2, /* any number of records of one message type */
        EKIDEN_ITEM_OBJECTS = 3, /* a message type with an identity, under its own name: what
                                    pointers point to. It is never tagged: objects cross with the
                                    items that lead to them */
};

enum ekiden_field_flag {
        EKIDEN_FIELD_DESCRIPTOR = 1 << 0, /* an int32 that is a file descriptor, -1 for none */
        EKIDEN_FIELD_IDENTITY = 1 << 1, /* a uint64 that tells objects of the type apart */
        EKIDEN_FIELD_SECRET = 1 << 2, /* of any type: what it holds is shown by nobody, and copies
                                         of it are wiped; so is all that a message in it holds */
        EKIDEN_FIELD_ARENA = 1 << 3, /* bytes that lie in an arena, and change hands with it */
        EKIDEN_FIELD_UNTOLD = 1 << 4, /* of an item that is sent ahead: no change of it alone is
                                         told of, so it may be older in the successor */
};

/** A field that is more than its protobuf type: flagged itself, or a message that holds such
 * fields. */
struct ekiden_field {
        unsigned int index; /* into message->descriptor->fields */
        unsigned int flags; /* of enum ekiden_field_flag */
        const struct ekiden_message *nested; /* of a message field, or NULL */
        const char *arena; /* of EKIDEN_FIELD_ARENA: its name, as it is tagged */
};

struct ekiden_codec; /* <ekiden/codec.h> */

/** A message type, with those of its fields that need care. */
struct ekiden_message {
        const ProtobufCMessageDescriptor *descriptor;
        const struct ekiden_field *fields;
        size_t field_count;
        const struct ekiden_codec *codec; /* how it is packed at once; NULL: by protobuf-c */
};

/** An item: a piece of tagged state with a name. */
struct ekiden_item {
        const char *name;
        enum ekiden_item_kind kind;
        const struct ekiden_message *message;
        unsigned int key; /* number of the key field; 0: records have no key */
        uint8_t shape[EKIDEN_FINGERPRINT_SIZE]; /* of the message type without its package's name:
                                                   where two agree, records need no transformer */
        bool ahead; /* the program tells of changes to it: <ekiden/ahead.h> */
};

/** One version of one program's state. */
struct ekiden_schema {
        const char *program;
        uint32_t version;
        uint8_t fingerprint[EKIDEN_FINGERPRINT_SIZE]; /* of the canonical schema */
        const struct ekiden_item *items; /* sorted by name */
        size_t item_count;
        const uint8_t *descriptor_set; /* a google.protobuf.FileDescriptorSet: the schema's file
                                          after what it imports, but for ekiden/options.proto and
                                          google/protobuf/descriptor.proto; without comments */
        size_t descriptor_set_size; /* in bytes */
};

/** The item of this name (bytewise), or NULL. */
const struct ekiden_item *ekiden_schema_item(const struct ekiden_schema *schema, const char *name);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
