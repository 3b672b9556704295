/* SPDX-License-Identifier: MIT */
/*
 * A field of a message as its codec has it: how protoc-c's struct holds it, and what it is on the
 * wire. The three functions of a codec are written from this.
 */
#pragma once

#include "schema.h"

/** How protoc-c's struct says that a field is there. */
enum ek_codec_presence {
        EK_CODEC_ALWAYS, /* required */
        EK_CODEC_IMPLICIT, /* proto3: it is not the zero of its type */
        EK_CODEC_FLAG, /* has_x */
        EK_CODEC_POINTER, /* it is not NULL, nor the default's address */
        EK_CODEC_CASE, /* the oneof says so */
        EK_CODEC_COUNT, /* n_x */
};

/** What a value is on the wire. */
enum ek_codec_wire {
        EK_CODEC_VARINT,
        EK_CODEC_FIXED32,
        EK_CODEC_FIXED64,
        EK_CODEC_TEXT,
        EK_CODEC_BYTES,
        EK_CODEC_MESSAGE,
};

struct ek_codec_field {
        const struct ek_field *field;
        enum ek_codec_presence presence;
        enum ek_codec_wire wire;
        bool packed;
        bool maybe_packed; /* whether it is packed is not said, but taken for granted */
        size_t index; /* in protoc-c's table of fields */
        const char *member; /* "port" */
        const char *oneof, *chosen; /* CASE: "medium_case", and its value for this field */
        const char *absent; /* the address that means the default, or NULL */
        const char *tag, *tag_size; /* as C has them: "0x0a", "1" */
};

/** Describes the field that is the `index`th by number. */
struct ek_codec_field ek_codec_field(struct ek_memory *arena, const struct ek_message *message,
                                     size_t index);

/** The C type of a value: "int32_t", "Counter__V2__Peer *" with no space at its end. */
const char *ek_codec_type(struct ek_memory *arena, const struct ek_field *field);

/** The number that goes on the wire, of a value: "ekiden_zigzag32(message->port)". */
const char *ek_codec_to_wire(struct ek_memory *arena, const struct ek_codec_field *field,
                             const char *value);

/** The value, of the number that was on the wire. */
const char *ek_codec_from_wire(struct ek_memory *arena, const struct ek_codec_field *field,
                               const char *number);

/** Whether it is one byte on the wire, whatever it is. */
bool ek_codec_is_bool(const struct ek_codec_field *field);

/** Whether it is a float or a double: some of them are equal, and are not the same. */
bool ek_codec_is_floating(const struct ek_codec_field *field);
