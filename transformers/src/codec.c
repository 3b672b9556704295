/* SPDX-License-Identifier: MIT */
/* What generated marshallers do too rarely, or at too great a length, to have it themselves. */
#include "codec.h"

#include <ekiden/codec.h>

#include "record.h"
#include "scratch.h"
#include "utf8.h"

_Static_assert(EKIDEN_CODEC_DEPTH == EK_MESSAGE_DEPTH_MAX, "both allow what the other does");

bool ekiden_text_rest_is_sound(const uint8_t *data, size_t size_bytes)
{
        while (size_bytes > 0) {
                size_t length = ek_utf8_character(data, size_bytes);

                if (length == 0 || data[0] == 0)
                        return false;
                data += length;
                size_bytes -= length;
        }
        return true;
}

void *ekiden_reader_array(struct ekiden_reader *reader, size_t count, size_t size_bytes)
{
        void *array = NULL;
        size_t total;

        if (!__builtin_mul_overflow(count, size_bytes, &total))
                array = ek_scratch_take(reader->scratch, total);
        if (!array)
                reader->answer = EKIDEN_ENOMEM;
        return array;
}

const uint8_t *ekiden_get_text(struct ekiden_reader *reader, const uint8_t *at, const uint8_t *end,
                               char **ret_text)
{
        size_t size;
        char *text;

        at = ekiden_get_length(at, end, &size);
        if (!at || !ekiden_text_is_sound(at, size))
                return NULL;
        text = ekiden_reader_array(reader, 1, size + 1);
        if (!text)
                return NULL;
        memcpy(text, at, size);
        text[size] = '\0';
        *ret_text = text;
        return at + size;
}

/* What is behind one value, or NULL. */
static const uint8_t *skip(const uint8_t *at, const uint8_t *end, unsigned int wire_type)
{
        uint64_t value;
        uint32_t word;
        size_t size;

        switch (wire_type) {
        case EKIDEN_WIRE_VARINT:
                return ekiden_get_varint(at, end, &value);
        case EKIDEN_WIRE_FIXED64:
                return ekiden_get_fixed64(at, end, &value);
        case EKIDEN_WIRE_FIXED32:
                return ekiden_get_fixed32(at, end, &word);
        default:
                at = ekiden_get_length(at, end, &size);
                return at ? at + size : NULL;
        }
}

size_t ekiden_count_run(const uint8_t *at, const uint8_t *end, uint32_t tag)
{
        size_t count = 0;

        while (at && ekiden_tag_is_next(at, end, tag)) {
                at = skip(at + ekiden_tag_size(tag), end, tag & 7);
                count += at != NULL;
        }
        return count;
}

size_t ekiden_count_varints(const uint8_t *data, size_t size_bytes)
{
        size_t count = 0;

        for (size_t i = 0; i < size_bytes; i++)
                count += data[i] < 0x80;
        return count;
}

size_t ek_codec_size(const struct ekiden_message *type, const ProtobufCMessage *record)
{
        return EK_FAST && type->codec ? type->codec->size(record) : EKIDEN_CODEC_LEFT;
}

int ek_codec_unpack(const struct ekiden_message *type, struct ekiden_scratch *scratch,
                    const uint8_t *data, size_t size_bytes, ProtobufCMessage **ret_record)
{
        static const uint8_t nothing[1];
        ProtobufCMessage *record;
        int r;

        if (!EK_FAST || !type->codec)
                return 0;
        record = ek_scratch_take(scratch, type->descriptor->sizeof_message);
        if (!record)
                return EKIDEN_ENOMEM;
        r = type->codec->unpack(size_bytes > 0 ? data : nothing, size_bytes, record, scratch);
        if (r > 0)
                *ret_record = record;
        return r;
}
