/* SPDX-License-Identifier: MIT */
#include "read.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "varint.h"

/* Of wire messages within messages: more than EK_NESTING_MAX and what is around it needs. */
#define DEPTH_MAX 64

void ek_read_all(int descriptor, struct ek_text *text)
{
        char buffer[16 * 1024];
        ssize_t count;

        ek_text_add_string(text, "");
        for (;;) {
                count = read(descriptor, buffer, sizeof(buffer));
                if (count == 0)
                        return;
                if (count > 0)
                        ek_text_add(text, buffer, (size_t)count);
                else if (errno != EINTR)
                        ek_die("the request could not be read: %s", strerror(errno));
        }
}

void ek_write_all(int descriptor, const void *bytes, size_t size_bytes)
{
        const char *next = bytes;

        while (size_bytes > 0) {
                ssize_t count = write(descriptor, next, size_bytes);

                if (count < 0 && errno == EINTR)
                        continue;
                if (count < 0)
                        ek_die("the response could not be written: %s", strerror(errno));
                next += count;
                size_bytes -= (size_t)count;
        }
}

struct cursor {
        const uint8_t *next, *end;
};

static bool read_varint(struct cursor *cursor, uint64_t *ret_value)
{
        size_t used =
                ek_varint_decode(cursor->next, (size_t)(cursor->end - cursor->next), ret_value);

        cursor->next += used;
        return used > 0;
}

/* Steps over a field's value; of a length-delimited one, gives the bytes. */
static bool read_value(struct cursor *cursor, unsigned int wire_type, struct cursor *ret_bytes)
{
        uint64_t length = wire_type == PROTOBUF_C_WIRE_TYPE_64BIT ? 8 : 4;

        *ret_bytes = (struct cursor){NULL, NULL};
        if (wire_type == PROTOBUF_C_WIRE_TYPE_VARINT)
                return read_varint(cursor, &length);
        if (wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED) {
                if (!read_varint(cursor, &length))
                        return false;
        } else if (wire_type != PROTOBUF_C_WIRE_TYPE_64BIT &&
                   wire_type != PROTOBUF_C_WIRE_TYPE_32BIT) {
                return false;
        }
        if (length > (uint64_t)(cursor->end - cursor->next))
                return false;
        if (wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED)
                *ret_bytes = (struct cursor){cursor->next, cursor->next + length};
        cursor->next += length;
        return true;
}

/* protobuf-c unpacks with a recursion that nothing bounds: so its depth is measured beforehand. */
static bool is_shallow(const ProtobufCMessageDescriptor *descriptor, struct cursor cursor,
                       unsigned int depth)
{
        if (depth > DEPTH_MAX)
                return false;
        while (cursor.next < cursor.end) {
                const ProtobufCFieldDescriptor *field;
                struct cursor bytes;
                uint64_t tag;

                if (!read_varint(&cursor, &tag) ||
                    !read_value(&cursor, (unsigned int)(tag & 7), &bytes))
                        return false;
                if (tag >> 3 > UINT32_MAX || bytes.next == NULL)
                        continue;
                field = protobuf_c_message_descriptor_get_field(descriptor,
                                                                (unsigned int)(tag >> 3));
                if (field != NULL && field->type == PROTOBUF_C_TYPE_MESSAGE &&
                    !is_shallow(field->descriptor, bytes, depth + 1))
                        return false;
        }
        return true;
}

Google__Protobuf__Compiler__CodeGeneratorRequest *ek_read_request(struct ek_memory *arena,
                                                                  const uint8_t *bytes,
                                                                  size_t size_bytes)
{
        struct cursor cursor = {bytes, bytes + size_bytes};

        if (!is_shallow(&google__protobuf__compiler__code_generator_request__descriptor, cursor, 0))
                return NULL;
        return google__protobuf__compiler__code_generator_request__unpack(&arena->allocator,
                                                                          size_bytes, bytes);
}
