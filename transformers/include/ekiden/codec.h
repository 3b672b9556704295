/* SPDX-License-Identifier: MIT */
/*
 * The primitives of straight-line marshallers: numbers, tags and texts in protobuf's wire format.
 * Generated code calls them, a program calls none.
 *
 * What is written is what protobuf-c writes. What is read is either what protobuf-c would make of
 * it, or is "left": the function that reads has changed nothing then, and the engine asks
 * protobuf-c, which alone says what is wrong. Nothing reads beyond `end`, and nothing is aligned.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <protobuf-c/protobuf-c.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/** The memory of one record on its way. */
struct ekiden_scratch;

/** A message type's codec. */
struct ekiden_codec {
        /* Bytes of the encoding; EKIDEN_CODEC_LEFT where protobuf-c is to be asked, as it is for
           each record that the engine would refuse. */
        size_t (*size)(const ProtobufCMessage *message);
        /* Packs what has had a size, and is unchanged since; returns what is behind it. */
        uint8_t *(*pack)(const ProtobufCMessage *message, uint8_t *out);
        /* Into a message that is not initialised: 1; 0: protobuf-c is to be asked; EKIDEN_ENOMEM.
           `bytes` fields point into the data, all else lies in the scratch. */
        int (*unpack)(const uint8_t *data, size_t size_bytes, ProtobufCMessage *message,
                      struct ekiden_scratch *scratch);
};

/** What a size is where a codec leaves a value to the reference. */
#define EKIDEN_CODEC_LEFT ((size_t)-1)

/* In a file of many messages these are called, and not inlined: it is compiled in a part of the
   time then, and a part as large. */
#ifdef EKIDEN_CODEC_COMPACT
#define EKIDEN_CODEC_INLINE __attribute__((noinline, unused)) static
#else
#define EKIDEN_CODEC_INLINE static inline
#endif

/** Bytes of the largest varint. */
#define EKIDEN_VARINT_MAX 10

/** A tag, as the varint ahead of a value has it: a field's number and its wire type. */
#define EKIDEN_TAG(number, wire_type) (((uint32_t)(number) << 3) | (uint32_t)(wire_type))
#define EKIDEN_WIRE_VARINT 0
#define EKIDEN_WIRE_FIXED64 1
#define EKIDEN_WIRE_LENGTH 2
#define EKIDEN_WIRE_FIXED32 5

/** How many messages there may be within one that is packed or unpacked, one in another. */
#define EKIDEN_CODEC_DEPTH 100

/** What the functions that unpack one record share. */
struct ekiden_reader {
        struct ekiden_scratch *scratch;
        int answer; /* where they end early: 0, left, or EKIDEN_ENOMEM */
};

/** An array in the scratch, not initialised; NULL, and the reader's answer, when memory ran out. */
void *ekiden_reader_array(struct ekiden_reader *reader, size_t count, size_t size_bytes);

#define EKIDEN_ARRAY(reader, count, Type) ((Type *)ekiden_reader_array(reader, count, sizeof(Type)))

/** A string behind a tag: returns what is behind it, or NULL where it is left, or memory ran out.
 */
const uint8_t *ekiden_get_text(struct ekiden_reader *reader, const uint8_t *at, const uint8_t *end,
                               char **ret_text);

/** How many values follow each other that have this tag, the first of them at `at`. */
size_t ekiden_count_run(const uint8_t *at, const uint8_t *end, uint32_t tag);

/** How many varints end within so many bytes. */
size_t ekiden_count_varints(const uint8_t *data, size_t size_bytes);

/** Whether a text, which is not ASCII, is UTF-8 (RFC 3629) and without NUL. */
bool ekiden_text_rest_is_sound(const uint8_t *data, size_t size_bytes);

/* Numbers as they are within a varint. A negative int32 or enum is that of 64 bits. */

static inline uint64_t ekiden_extend(int32_t value)
{
        return (uint64_t)(int64_t)value;
}

static inline uint32_t ekiden_zigzag32(int32_t value)
{
        return ((uint32_t)value << 1) ^ (value < 0 ? UINT32_MAX : 0);
}

static inline uint64_t ekiden_zigzag64(int64_t value)
{
        return ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
}

static inline int32_t ekiden_unzigzag32(uint32_t value)
{
        return (int32_t)((value >> 1) ^ (0 - (value & 1)));
}

static inline int64_t ekiden_unzigzag64(uint64_t value)
{
        return (int64_t)((value >> 1) ^ (0 - (value & 1)));
}

/* Floating-point numbers by their bits: of one that is not a number, none is lost. */

static inline uint32_t ekiden_bits_of_float(float value)
{
        uint32_t bits;

        memcpy(&bits, &value, sizeof(bits));
        return bits;
}

static inline uint64_t ekiden_bits_of_double(double value)
{
        uint64_t bits;

        memcpy(&bits, &value, sizeof(bits));
        return bits;
}

static inline float ekiden_float_of_bits(uint32_t bits)
{
        float value;

        memcpy(&value, &bits, sizeof(value));
        return value;
}

static inline double ekiden_double_of_bits(uint64_t bits)
{
        double value;

        memcpy(&value, &bits, sizeof(value));
        return value;
}

/* Writing. `out` has room for what is written; each returns what is behind it. */

/** Bytes of a varint: 1 to 10. */
EKIDEN_CODEC_INLINE size_t ekiden_varint_size(uint64_t value)
{
        /* seven bits in each, of which there is one at least */
        unsigned int bits = 64 - (unsigned int)__builtin_clzll(value | 1);

        return (bits * 9 + 64) / 64;
}

/** Bytes of a length and of what follows it. */
EKIDEN_CODEC_INLINE size_t ekiden_delimited_size(size_t size_bytes)
{
        return ekiden_varint_size(size_bytes) + size_bytes;
}

EKIDEN_CODEC_INLINE uint8_t *ekiden_put_varint(uint8_t *out, uint64_t value)
{
        while (value >= 0x80) {
                *out++ = (uint8_t)(value | 0x80);
                value >>= 7;
        }
        *out++ = (uint8_t)value;
        return out;
}

/** A tag that the compiler knows is written without a loop. */
EKIDEN_CODEC_INLINE uint8_t *ekiden_put_tag(uint8_t *out, uint32_t tag)
{
        *out++ = (uint8_t)(tag < 0x80 ? tag : tag | 0x80);
        if (tag >= 0x80)
                *out++ = (uint8_t)(tag < 0x4000 ? tag >> 7 : tag >> 7 | 0x80);
        if (tag >= 0x4000)
                *out++ = (uint8_t)(tag < 0x200000 ? tag >> 14 : tag >> 14 | 0x80);
        if (tag >= 0x200000)
                *out++ = (uint8_t)(tag < 0x10000000 ? tag >> 21 : tag >> 21 | 0x80);
        if (tag >= 0x10000000)
                *out++ = (uint8_t)(tag >> 28);
        return out;
}

EKIDEN_CODEC_INLINE uint8_t *ekiden_put_fixed32(uint8_t *out, uint32_t value)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        value = __builtin_bswap32(value);
#endif
        memcpy(out, &value, sizeof(value));
        return out + sizeof(value);
}

EKIDEN_CODEC_INLINE uint8_t *ekiden_put_fixed64(uint8_t *out, uint64_t value)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        value = __builtin_bswap64(value);
#endif
        memcpy(out, &value, sizeof(value));
        return out + sizeof(value);
}

/** So many numbers of four bytes, without a length. */
EKIDEN_CODEC_INLINE uint8_t *ekiden_put_fixed32_run(uint8_t *out, const void *values, size_t count)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        for (size_t i = 0; i < count; i++) {
                uint32_t value;

                memcpy(&value, (const char *)values + 4 * i, sizeof(value));
                out = ekiden_put_fixed32(out, value);
        }
        return out;
#else
        memcpy(out, values, 4 * count);
        return out + 4 * count;
#endif
}

EKIDEN_CODEC_INLINE uint8_t *ekiden_put_fixed64_run(uint8_t *out, const void *values, size_t count)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        for (size_t i = 0; i < count; i++) {
                uint64_t value;

                memcpy(&value, (const char *)values + 8 * i, sizeof(value));
                out = ekiden_put_fixed64(out, value);
        }
        return out;
#else
        memcpy(out, values, 8 * count);
        return out + 8 * count;
#endif
}

/** Bytes without a length; `data` may be NULL where there are none. */
EKIDEN_CODEC_INLINE uint8_t *ekiden_put_bytes(uint8_t *out, const void *data, size_t size_bytes)
{
        if (size_bytes > 0)
                memcpy(out, data, size_bytes);
        return out + size_bytes;
}

/** A length and bytes. */
EKIDEN_CODEC_INLINE uint8_t *ekiden_put_delimited(uint8_t *out, const void *data, size_t size_bytes)
{
        return ekiden_put_bytes(ekiden_put_varint(out, size_bytes), data, size_bytes);
}

EKIDEN_CODEC_INLINE uint8_t *ekiden_put_binary(uint8_t *out, const ProtobufCBinaryData *bytes)
{
        return ekiden_put_delimited(out, bytes->data, bytes->len);
}

/** A string; an array of char of any signedness, too. */
EKIDEN_CODEC_INLINE uint8_t *ekiden_put_text(uint8_t *out, const void *text)
{
        return ekiden_put_delimited(out, text, strlen((const char *)text));
}

/**
 * Puts the length ahead of what was written behind a byte that was left free for it, as is wanted
 * where lengths are rarely over 127.
 *
 * @param begin  the byte that was left free
 * @param end    behind the last byte written
 * @return what is behind it now
 */
EKIDEN_CODEC_INLINE uint8_t *ekiden_put_length_before(uint8_t *begin, uint8_t *end)
{
        size_t size = (size_t)(end - begin) - 1;
        size_t length = ekiden_varint_size(size);

        if (length > 1)
                memmove(begin + length, begin + 1, size);
        ekiden_put_varint(begin, size);
        return begin + length + size;
}

/* Reading. Each returns what is behind the value, or NULL where that is left to the reference. */

/* Not inlined: it is in each file once, and is not looked up in a library. */
__attribute__((noinline, unused)) static const uint8_t *ekiden_get_long_varint(const uint8_t *at,
                                                                               const uint8_t *end,
                                                                               uint64_t *ret_value)
{
        uint64_t value = 0;
        unsigned int shift = 0;

        for (; at < end && shift < 63; shift += 7) {
                uint8_t byte = *at++;

                value |= (uint64_t)(byte & 0x7f) << shift;
                if (byte < 0x80) {
                        *ret_value = value;
                        return at;
                }
        }
        if (at == end || *at > 1)
                return NULL;
        *ret_value = value | (uint64_t)*at << 63;
        return at + 1;
}

/** A varint of at most 64 bits, in ten bytes at most; it may be longer than it need be. */
EKIDEN_CODEC_INLINE const uint8_t *ekiden_get_varint(const uint8_t *at, const uint8_t *end,
                                                     uint64_t *ret_value)
{
        if (at < end && *at < 0x80) {
                *ret_value = *at;
                return at + 1;
        }
        return ekiden_get_long_varint(at, end, ret_value);
}

/* protobuf-c reads lengths of at most five bytes. */
__attribute__((noinline, unused)) static const uint8_t *ekiden_get_long_length(const uint8_t *at,
                                                                               const uint8_t *end,
                                                                               size_t *ret_size)
{
        uint64_t size;
        const uint8_t *behind = ekiden_get_long_varint(at, end, &size);

        if (behind == NULL || behind - at > 5 || size > (uint64_t)(end - behind))
                return NULL;
        *ret_size = (size_t)size;
        return behind;
}

/** A length, of as many bytes as are there behind it at least. */
EKIDEN_CODEC_INLINE const uint8_t *ekiden_get_length(const uint8_t *at, const uint8_t *end,
                                                     size_t *ret_size)
{
        if (at == end || *at >= 0x80)
                return ekiden_get_long_length(at, end, ret_size);
        if (*at >= end - at)
                return NULL;
        *ret_size = *at;
        return at + 1;
}

EKIDEN_CODEC_INLINE const uint8_t *ekiden_get_fixed32(const uint8_t *at, const uint8_t *end,
                                                      uint32_t *ret_value)
{
        uint32_t value;

        if (end - at < (ptrdiff_t)sizeof(value))
                return NULL;
        memcpy(&value, at, sizeof(value));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        value = __builtin_bswap32(value);
#endif
        *ret_value = value;
        return at + sizeof(value);
}

EKIDEN_CODEC_INLINE const uint8_t *ekiden_get_fixed64(const uint8_t *at, const uint8_t *end,
                                                      uint64_t *ret_value)
{
        uint64_t value;

        if (end - at < (ptrdiff_t)sizeof(value))
                return NULL;
        memcpy(&value, at, sizeof(value));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        value = __builtin_bswap64(value);
#endif
        *ret_value = value;
        return at + sizeof(value);
}

/** So many numbers of four bytes, which are there. */
EKIDEN_CODEC_INLINE void ekiden_get_fixed32_run(const uint8_t *at, void *values, size_t count)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        for (size_t i = 0; i < count; i++) {
                uint32_t value = 0;

                ekiden_get_fixed32(at + 4 * i, at + 4 * (i + 1), &value);
                memcpy((char *)values + 4 * i, &value, sizeof(value));
        }
#else
        memcpy(values, at, 4 * count);
#endif
}

EKIDEN_CODEC_INLINE void ekiden_get_fixed64_run(const uint8_t *at, void *values, size_t count)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        for (size_t i = 0; i < count; i++) {
                uint64_t value = 0;

                ekiden_get_fixed64(at + 8 * i, at + 8 * (i + 1), &value);
                memcpy((char *)values + 8 * i, &value, sizeof(value));
        }
#else
        memcpy(values, at, 8 * count);
#endif
}

/** Bytes in place: they are not copied. */
EKIDEN_CODEC_INLINE const uint8_t *ekiden_get_bytes(const uint8_t *at, const uint8_t *end,
                                                    ProtobufCBinaryData *ret_bytes)
{
        size_t size;

        at = ekiden_get_length(at, end, &size);
        if (at == NULL)
                return NULL;
        ret_bytes->len = size;
        ret_bytes->data = size > 0 ? (uint8_t *)(uintptr_t)at : NULL;
        return at + size;
}

/** Bytes of a tag: 1 to 5. */
static inline size_t ekiden_tag_size(uint32_t tag)
{
        return tag < 0x80 ? 1 : tag < 0x4000 ? 2 : tag < 0x200000 ? 3 : tag < 0x10000000 ? 4 : 5;
}

/** Whether this tag is what comes next, in its shortest form; it is ekiden_tag_size() bytes long.
 */
EKIDEN_CODEC_INLINE bool ekiden_tag_is_next(const uint8_t *at, const uint8_t *end, uint32_t tag)
{
        uint8_t wanted[5] = {0};
        size_t size = ekiden_tag_size(tag);

        if (size == 1)
                return at < end && *at == tag;
        ekiden_put_tag(wanted, tag);
        return end - at >= (ptrdiff_t)size && memcmp(at, wanted, size) == 0;
}

/* Texts. */

/* Whether eight bytes, or a few in eight, are ASCII without NUL. */
static inline bool ekiden_word_is_plain(uint64_t word)
{
        return ((word | (word - UINT64_C(0x0101010101010101))) & UINT64_C(0x8080808080808080)) == 0;
}

/* Up to seven bytes, in a word that is filled up with others of them, or with spaces. */
static inline uint64_t ekiden_short_text(const uint8_t *data, size_t size_bytes)
{
        uint64_t word = UINT64_C(0x2020202020202020);
        uint32_t first, last;

        if (size_bytes >= sizeof(first)) {
                memcpy(&first, data, sizeof(first));
                memcpy(&last, data + size_bytes - sizeof(last), sizeof(last));
                return (uint64_t)first << 32 | last;
        }
        for (size_t i = 0; i < size_bytes; i++)
                word = word << 8 | data[i];
        return word;
}

/** Whether a text is UTF-8 and without NUL; `data` may be NULL where it is empty. */
EKIDEN_CODEC_INLINE bool ekiden_text_is_sound(const uint8_t *data, size_t size_bytes)
{
        uint64_t word;

        if (size_bytes < sizeof(word))
                return ekiden_word_is_plain(ekiden_short_text(data, size_bytes)) ||
                       ekiden_text_rest_is_sound(data, size_bytes);
        for (size_t i = 0; i < size_bytes - sizeof(word); i += sizeof(word)) {
                memcpy(&word, data + i, sizeof(word));
                if (!ekiden_word_is_plain(word))
                        return ekiden_text_rest_is_sound(data + i, size_bytes - i);
        }
        memcpy(&word, data + size_bytes - sizeof(word),
               sizeof(word)); /* some for the second time */
        return ekiden_word_is_plain(word) || ekiden_text_rest_is_sound(data, size_bytes);
}

/* Sizes of what is to be packed. */

/** Bytes of a text without its NUL; EKIDEN_CODEC_LEFT where it is NULL, or is not UTF-8. */
__attribute__((noinline, unused)) static size_t ekiden_text_size(const char *text)
{
        size_t size = text != NULL ? strlen(text) : 0;

        if (text == NULL || !ekiden_text_is_sound((const uint8_t *)text, size))
                return EKIDEN_CODEC_LEFT;
        return size;
}

/** As many as there are; EKIDEN_CODEC_LEFT where there are some, and no address. */
static inline size_t ekiden_bytes_size(const ProtobufCBinaryData *bytes)
{
        return bytes->len > 0 && bytes->data == NULL ? EKIDEN_CODEC_LEFT : bytes->len;
}

/** Adds a tag, a length and what follows it; false where that is left. */
EKIDEN_CODEC_INLINE bool ekiden_add_delimited(size_t *size, size_t tag_size, size_t length)
{
        if (length == EKIDEN_CODEC_LEFT)
                return false;
        *size += tag_size + ekiden_delimited_size(length);
        return true;
}

/** Whether a message is initialised as one of this type, and has no fields of a newer one. */
EKIDEN_CODEC_INLINE bool ekiden_message_is(const void *message,
                                           const ProtobufCMessageDescriptor *descriptor)
{
        const ProtobufCMessage *base = (const ProtobufCMessage *)message;

        return base != NULL && base->descriptor == descriptor && base->n_unknown_fields == 0;
}

/** Whether protoc-c has a field packed. */
static inline bool ekiden_field_is_packed(const ProtobufCMessageDescriptor *descriptor,
                                          unsigned int index)
{
        return (descriptor->fields[index].flags & PROTOBUF_C_FIELD_FLAG_PACKED) != 0;
}

/** Whether a member that is a number has the default of its field, the `index`th by number. */
#define EKIDEN_IS_DEFAULT(message, index, member)                                            \
        (memcmp(&(message)->member, (message)->base.descriptor->fields[index].default_value, \
                sizeof((message)->member)) == 0)

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
