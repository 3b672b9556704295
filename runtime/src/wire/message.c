/* SPDX-License-Identifier: MIT */
/*
 * The walk over an encoded message. Wire format: protobuf.dev, "Encoding"; groups (wire types 3 and
 * 4) are refused, since protobuf-c cannot read them.
 */
#include "wire/message.h"

#include <stdbool.h>
#include <stdlib.h>

#include <ekiden/error.h>

#include "record.h"
#include "utf8.h"

enum wire_type {
        WIRE_VARINT = 0,
        WIRE_FIXED64 = 1,
        WIRE_LENGTH = 2,
        WIRE_FIXED32 = 5,
};

/* One message on the way down; the walk keeps these in an array instead of calling itself. */
struct level {
        const ProtobufCMessageDescriptor *descriptor; /* NULL: of an unknown field */
        const uint8_t *end;
};

size_t ek_varint_read(const uint8_t *data, size_t size_bytes, uint64_t *ret_value)
{
        uint64_t value = 0;

        for (size_t i = 0; i < size_bytes && i < 10; i++) {
                if (i == 9 && data[i] > 1)
                        return 0;
                value |= (uint64_t)(data[i] & 0x7f) << (7 * i);
                if (!(data[i] & 0x80)) {
                        *ret_value = value;
                        return i + 1;
                }
        }
        return 0;
}

size_t ek_varint_write(uint8_t *out, uint64_t value)
{
        size_t n = 0;

        while (value >= 0x80) {
                out[n++] = (uint8_t)(value | 0x80);
                value >>= 7;
        }
        out[n++] = (uint8_t)value;
        return n;
}

/* A string of C ends at its first NUL: one inside it would be lost on the way. */
static bool is_text(const uint8_t *data, size_t size)
{
        while (size > 0) {
                size_t length = ek_utf8_character(data, size);

                if (length == 0 || data[0] == 0)
                        return false;
                data += length;
                size -= length;
        }
        return true;
}

/* protobuf-c reads elements of a packed run of bool as one byte each. */
static bool are_bools(const uint8_t *data, size_t size)
{
        for (size_t i = 0; i < size; i++)
                if (data[i] > 1)
                        return false;
        return true;
}

static bool is_packed_run(ProtobufCType type, const uint8_t *data, size_t size)
{
        uint64_t value;
        size_t n;

        switch (type) {
        case PROTOBUF_C_TYPE_FIXED32:
        case PROTOBUF_C_TYPE_SFIXED32:
        case PROTOBUF_C_TYPE_FLOAT:
                return size % 4 == 0;
        case PROTOBUF_C_TYPE_FIXED64:
        case PROTOBUF_C_TYPE_SFIXED64:
        case PROTOBUF_C_TYPE_DOUBLE:
                return size % 8 == 0;
        case PROTOBUF_C_TYPE_BOOL:
                return are_bools(data, size);
        default:
                for (; size > 0; data += n, size -= n) {
                        n = ek_varint_read(data, size, &value);
                        if (n == 0)
                                return false;
                }
                return true;
        }
}

static enum wire_type wire_type_of(ProtobufCType type)
{
        switch (type) {
        case PROTOBUF_C_TYPE_FIXED32:
        case PROTOBUF_C_TYPE_SFIXED32:
        case PROTOBUF_C_TYPE_FLOAT:
                return WIRE_FIXED32;
        case PROTOBUF_C_TYPE_FIXED64:
        case PROTOBUF_C_TYPE_SFIXED64:
        case PROTOBUF_C_TYPE_DOUBLE:
                return WIRE_FIXED64;
        case PROTOBUF_C_TYPE_STRING:
        case PROTOBUF_C_TYPE_BYTES:
        case PROTOBUF_C_TYPE_MESSAGE:
                return WIRE_LENGTH;
        default:
                return WIRE_VARINT;
        }
}

/* Whether a known field may come with this wire type, and a length-delimited value is sound. */
static bool fits(const ProtobufCFieldDescriptor *field, unsigned int wire_type,
                 const uint8_t *value, size_t length)
{
        if (wire_type != (unsigned int)wire_type_of(field->type))
                return field->label == PROTOBUF_C_LABEL_REPEATED && wire_type == WIRE_LENGTH &&
                       is_packed_run(field->type, value, length);
        return field->type != PROTOBUF_C_TYPE_STRING || is_text(value, length);
}

/* protobuf-c reads tags and lengths of at most five bytes. */
static size_t read_short_varint(const uint8_t *data, size_t size, uint64_t *ret_value)
{
        return ek_varint_read(data, size < 5 ? size : 5, ret_value);
}

/* Length of the value behind a tag, and of what precedes it; 0 with a length prefix of 0 is an
 * error. */
static bool value_span(unsigned int wire_type, const uint8_t *data, size_t size, size_t *ret_prefix,
                       size_t *ret_length)
{
        uint64_t value;
        size_t n;

        *ret_prefix = 0;
        switch (wire_type) {
        case WIRE_VARINT:
                *ret_length = ek_varint_read(data, size, &value);
                return *ret_length > 0;
        case WIRE_FIXED64:
                *ret_length = 8;
                return size >= 8;
        case WIRE_FIXED32:
                *ret_length = 4;
                return size >= 4;
        case WIRE_LENGTH:
                n = read_short_varint(data, size, &value);
                if (n == 0 || value > size - n)
                        return false;
                *ret_prefix = n;
                *ret_length = (size_t)value;
                return true;
        default:
                return false;
        }
}

int ek_message_check(const ProtobufCMessageDescriptor *descriptor, const uint8_t *data,
                     size_t size_bytes)
{
        struct level levels[EK_MESSAGE_DEPTH_MAX + 1];
        size_t depth = 0;

        levels[0] = (struct level){descriptor, data + size_bytes};
        for (;;) {
                const ProtobufCFieldDescriptor *field;
                size_t n, prefix, length;
                unsigned int wire_type;
                uint64_t tag;

                while (data == levels[depth].end) {
                        if (depth-- == 0)
                                return 0;
                }
                n = read_short_varint(data, (size_t)(levels[depth].end - data), &tag);
                if (n == 0 || tag >> 3 == 0 || tag > UINT32_MAX)
                        return EKIDEN_EPROTOCOL;
                data += n;
                wire_type = (unsigned int)(tag & 7);
                if (!value_span(wire_type, data, (size_t)(levels[depth].end - data), &prefix,
                                &length))
                        return EKIDEN_EPROTOCOL;
                data += prefix;
                field = protobuf_c_message_descriptor_get_field(levels[depth].descriptor,
                                                                (unsigned int)(tag >> 3));
                if (field && !fits(field, wire_type, data, length))
                        return EKIDEN_EPROTOCOL;
                if (field && field->type == PROTOBUF_C_TYPE_MESSAGE) {
                        if (depth == EK_MESSAGE_DEPTH_MAX)
                                return EKIDEN_ELIMIT;
                        levels[++depth] = (struct level){field->descriptor, data + length};
                } else {
                        data += length;
                }
        }
}

/* protobuf-c answers NULL both for a message that lacks a required field and where memory ran out:
   the allocator tells which. */
struct witness {
        ProtobufCAllocator *allocator; /* NULL: malloc() */
        bool ran_out;
};

static void *witnessed_alloc(void *data, size_t size)
{
        struct witness *witness = data;
        ProtobufCAllocator *allocator = witness->allocator;
        void *memory = allocator ? allocator->alloc(allocator->allocator_data, size) : malloc(size);

        if (!memory)
                witness->ran_out = true;
        return memory;
}

static void witnessed_free(void *data, void *memory)
{
        ProtobufCAllocator *allocator = ((struct witness *)data)->allocator;

        if (allocator)
                allocator->free(allocator->allocator_data, memory);
        else
                free(memory);
}

int ek_message_unpack(const ProtobufCMessageDescriptor *descriptor, ProtobufCAllocator *allocator,
                      const uint8_t *data, size_t size_bytes, ProtobufCMessage **ret_message)
{
        static const uint8_t nothing[1];
        struct witness witness = {.allocator = allocator};
        ProtobufCAllocator through = {witnessed_alloc, witnessed_free, &witness};
        ProtobufCMessage *message;
        int r;

        if (size_bytes == 0)
                data = nothing;
        r = ek_message_check(descriptor, data, size_bytes);
        if (r < 0)
                return r;
        message = protobuf_c_message_unpack(descriptor, &through, size_bytes, data);
        if (!message)
                return witness.ran_out ? EKIDEN_ENOMEM : EKIDEN_EPROTOCOL;
        *ret_message = message;
        return 0;
}
