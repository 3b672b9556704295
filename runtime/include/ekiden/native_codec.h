/* SPDX-License-Identifier: MIT */
/*
 * What the straight-line marshallers of bound structs are made of, beside <ekiden/codec.h>. They
 * are in NAME.native.c, which alone includes this.
 *
 * A function that says yes has done what the walk over the tables of <ekiden/native.h> would have
 * done; else it leaves the struct to that, which has the sentences. So nothing is explained here.
 */
#pragma once

#include <float.h>
#include <string.h>

#include <ekiden/codec.h>
#include <ekiden/native.h>

#ifndef __cplusplus
#define EKIDEN_TYPE_OF(lvalue) __typeof__(lvalue)
#endif

/* Out of a struct. What adds to a size answers false where the struct is to be left. */

/** A number as another type, which can hold it; a bool is 0 or 1, whatever lies there. */
#define EKIDEN_VALUE_OF(Type, lvalue)                                                   \
        (EKIDEN_LVALUE_IS_BOOL(lvalue) ? (Type)(*(const unsigned char *)&(lvalue) != 0) \
                                       : (Type)(lvalue))

/** The values of an array or behind a pointer, and how many they can be. */
#define EKIDEN_ROOM_OF(Struct, member) \
        (EKIDEN_IS_POINTER(Struct, member) ? SIZE_MAX - 1 : EKIDEN_ARRAY_CAPACITY(Struct, member))
#define EKIDEN_BYTES_ROOM_OF(Struct, member) \
        (EKIDEN_IS_POINTER(Struct, member) ? SIZE_MAX - 1 : sizeof(EKIDEN_LVALUE(Struct, member)))

/** Whether a struct lies where its type may; one within a packed one need not. */
#define EKIDEN_IS_ALIGNED(Struct, address) ((uintptr_t)(address) % __alignof__(Struct) == 0)

/** How many values there are, or EKIDEN_CODEC_LEFT; more than any record can have are left. */
EKIDEN_CODEC_INLINE size_t ekiden_count(uint64_t value, bool is_signed, size_t room,
                                        const void *values)
{
        if ((is_signed && value > INT64_MAX) || value > room || value > UINT32_MAX ||
            (value > 0 && values == NULL))
                return EKIDEN_CODEC_LEFT;
        return (size_t)value;
}

/** Whether an integer field of so many bits can hold what a bit-field holds. */
EKIDEN_CODEC_INLINE bool ekiden_bits_can_cross(bool is_signed, int64_t value,
                                               unsigned int field_bits, bool field_is_signed)
{
        if (field_is_signed) {
                int64_t highest = field_bits == 32 ? INT32_MAX : INT64_MAX;

                return (is_signed || value >= 0) && value <= highest && value >= -highest - 1;
        }
        return (!is_signed || value >= 0) && (field_bits == 64 || (uint64_t)value <= UINT32_MAX);
}

/** A constant of C as the schema has it. */
EKIDEN_CODEC_INLINE bool ekiden_enumeration_value(const struct ekiden_enumeration *enumeration,
                                                  int64_t constant, int32_t *ret_value)
{
        for (size_t i = 0; i < enumeration->count; i++)
                if (enumeration->enumerators[i].constant == constant) {
                        *ret_value = enumeration->enumerators[i].value;
                        return true;
                }
        return false;
}

/** The same, where it is known to be one. */
EKIDEN_CODEC_INLINE uint64_t ekiden_enumeration_varint(const struct ekiden_enumeration *enumeration,
                                                       int64_t constant)
{
        int32_t value = 0;

        ekiden_enumeration_value(enumeration, constant, &value);
        return ekiden_extend(value);
}

/** Whether a number with a point keeps its bits on the way. */
EKIDEN_CODEC_INLINE bool ekiden_real_can_cross(double value, size_t size_bytes)
{
        return size_bytes == sizeof(double) || value == value;
}

EKIDEN_CODEC_INLINE bool ekiden_add_enumerator(size_t *size,
                                               const struct ekiden_enumeration *enumeration,
                                               int64_t constant)
{
        int32_t value;

        if (!ekiden_enumeration_value(enumeration, constant, &value))
                return false;
        *size += ekiden_varint_size(ekiden_extend(value));
        return true;
}

/** A text behind a pointer, which is not NULL. */
EKIDEN_CODEC_INLINE bool ekiden_add_text(size_t *size, const char *text)
{
        size_t length = ekiden_text_size(text);

        if (length == EKIDEN_CODEC_LEFT)
                return false;
        *size += ekiden_delimited_size(length);
        return true;
}

/** A text in an array. */
EKIDEN_CODEC_INLINE bool ekiden_add_array_text(size_t *size, const void *array, size_t room)
{
        const char *text = (const char *)array, *nul = (const char *)memchr(text, '\0', room);

        if (nul == NULL || !ekiden_text_is_sound((const uint8_t *)text, (size_t)(nul - text)))
                return false;
        *size += ekiden_delimited_size((size_t)(nul - text));
        return true;
}

/** Whether a pointer to a function is NULL; it is given by its address. */
EKIDEN_CODEC_INLINE bool ekiden_function_is_null(const void *pointer)
{
        void (*function)(void);

        memcpy(&function, pointer, sizeof(function));
        return function == NULL;
}

/** The name of a function, "" of none; NULL: the table has not got it. */
EKIDEN_CODEC_INLINE const char *ekiden_function_name(const struct ekiden_function *table,
                                                     const void *pointer)
{
        void (*function)(void);

        memcpy(&function, pointer, sizeof(function));
        if (function == NULL)
                return "";
        while (table->name != NULL && table->function != function)
                table++;
        return table->name;
}

/** What comes behind a size that a part has, which may be EKIDEN_CODEC_LEFT. */
EKIDEN_CODEC_INLINE bool ekiden_add_part(size_t *size, size_t part)
{
        if (part == EKIDEN_CODEC_LEFT)
                return false;
        *size += ekiden_delimited_size(part);
        return true;
}

/** Two lines of what a pointer leads to: most that is there has no more. */
EKIDEN_CODEC_INLINE void ekiden_prefetch(const void *address)
{
        __builtin_prefetch(address);
        __builtin_prefetch((const void *)((uintptr_t)address + 64)); /* it may be NULL */
}

/* Into a struct. What is set has `return 0` in it: then the struct is left. */

/** An int64_t, or a uint64_t, into a number of any width. */
#define EKIDEN_SET_SIGNED(lvalue, value)                                          \
        do {                                                                      \
                const int64_t wanted = (value);                                   \
                EKIDEN_TYPE_OF(lvalue) stored = (EKIDEN_TYPE_OF(lvalue))wanted;   \
                if ((int64_t)stored != wanted ||                                  \
                    (wanted < 0 && !(EKIDEN_LVALUE_IS_SIGNED(lvalue))))           \
                        return 0;                                                 \
                memcpy((void *)&(lvalue), (const void *)&stored, sizeof(stored)); \
        } while (0)
#define EKIDEN_SET_UNSIGNED(lvalue, value)                                        \
        do {                                                                      \
                const uint64_t wanted = (value);                                  \
                EKIDEN_TYPE_OF(lvalue) stored = (EKIDEN_TYPE_OF(lvalue))wanted;   \
                if ((uint64_t)stored != wanted ||                                 \
                    (wanted > INT64_MAX && (EKIDEN_LVALUE_IS_SIGNED(lvalue))))    \
                        return 0;                                                 \
                memcpy((void *)&(lvalue), (const void *)&stored, sizeof(stored)); \
        } while (0)

/** A double into a float or a double. */
#define EKIDEN_SET_REAL(lvalue, value)                                            \
        do {                                                                      \
                const double wanted = (value);                                    \
                EKIDEN_TYPE_OF(lvalue) stored = (EKIDEN_TYPE_OF(lvalue))wanted;   \
                if (!ekiden_real_fits(wanted, sizeof(stored)))                    \
                        return 0;                                                 \
                memcpy((void *)&(lvalue), (const void *)&stored, sizeof(stored)); \
        } while (0)

/* A float has less room; what is no number is not to lose its bits on the way. */
EKIDEN_CODEC_INLINE bool ekiden_real_fits(double value, size_t size_bytes)
{
        if (size_bytes == sizeof(double))
                return true;
        return (value >= -(double)FLT_MAX && value <= (double)FLT_MAX) || value > DBL_MAX ||
               value < -DBL_MAX;
}

/** Whether a bit-field of `width` bits can hold an integer. */
EKIDEN_CODEC_INLINE bool ekiden_bits_can_hold(bool is_signed, unsigned int width, uint64_t value,
                                              bool value_is_signed)
{
        if (is_signed) {
                int64_t highest = INT64_MAX >> (width < 64 ? 64 - width : 0);

                return (value_is_signed || value <= INT64_MAX) && (int64_t)value <= highest &&
                       (int64_t)value >= -highest - 1;
        }
        return (!value_is_signed || value <= INT64_MAX) && (width >= 64 || value >> width == 0);
}

/** What the schema has as C has it. */
EKIDEN_CODEC_INLINE bool ekiden_enumeration_constant(const struct ekiden_enumeration *enumeration,
                                                     int32_t value, int64_t *ret_constant)
{
        for (size_t i = 0; i < enumeration->count; i++)
                if (enumeration->enumerators[i].value == value) {
                        *ret_constant = enumeration->enumerators[i].constant;
                        return true;
                }
        return false;
}

/** Room for some values, zeroed, at the address of a pointer: 1, or EKIDEN_ENOMEM. */
EKIDEN_CODEC_INLINE int ekiden_make_room(const struct ekiden_memory *memory, void *pointer,
                                         size_t count, size_t size_bytes)
{
        void *room = NULL;

        if (count > 0) {
                if (count > PTRDIFF_MAX / size_bytes)
                        return EKIDEN_ENOMEM;
                room = memory->allocate(count * size_bytes);
                if (room == NULL)
                        return EKIDEN_ENOMEM;
                memset(room, 0, count * size_bytes);
        }
        memcpy(pointer, &room, sizeof(room));
        return 1;
}

/** A copy of some bytes, with a NUL behind them where it `ends`: 1, or EKIDEN_ENOMEM. */
EKIDEN_CODEC_INLINE int ekiden_copy(const struct ekiden_memory *memory, void *pointer,
                                    const uint8_t *from, size_t size_bytes, bool ends)
{
        char *copy = NULL;

        if (size_bytes > 0 || ends) {
                copy = (char *)memory->allocate(size_bytes + ends);
                if (copy == NULL)
                        return EKIDEN_ENOMEM;
                if (size_bytes > 0)
                        memcpy(copy, from, size_bytes);
                if (ends)
                        copy[size_bytes] = '\0';
        }
        memcpy(pointer, &copy, sizeof(copy));
        return 1;
}

/**
 * Bytes of a struct whose last member are the bytes of a record's field: of `size_bytes` at least,
 * with the member at `offset`. EKIDEN_CODEC_LEFT: what comes ahead of the field is damaged.
 */
EKIDEN_CODEC_INLINE size_t ekiden_flexible_room(const uint8_t *at, const uint8_t *end, uint32_t tag,
                                                size_t offset, size_t size_bytes)
{
        uint64_t next, value;
        size_t length = 0;

        while (at < end && !ekiden_tag_is_next(at, end, tag)) {
                at = ekiden_get_varint(at, end, &next);
                if (at == NULL)
                        return EKIDEN_CODEC_LEFT;
                if ((next & 7) == 0)
                        at = ekiden_get_varint(at, end, &value);
                else if ((next & 7) == 2)
                        at = ekiden_get_length(at, end, &length);
                else
                        length = (next & 7) == 5 ? 4 : 8;
                if (at == NULL || ((next & 7) != 0 && length > (size_t)(end - at)))
                        return EKIDEN_CODEC_LEFT;
                at += (next & 7) != 0 ? length : 0;
        }
        length = 0;
        if (at < end && ekiden_get_length(at + ekiden_tag_size(tag), end, &length) == NULL)
                return EKIDEN_CODEC_LEFT;
        return offset + length > size_bytes ? offset + length : size_bytes;
}

/** A text into an array, whose other bytes are zeroed. */
EKIDEN_CODEC_INLINE bool ekiden_set_array_text(void *array, size_t room, const uint8_t *text,
                                               size_t size)
{
        if (size >= room || !ekiden_text_is_sound(text, size))
                return false;
        memset((char *)array + size, 0, room - size);
        memcpy(array, text, size);
        return true;
}

/** A function by its name, which may be empty, at the address of a pointer. */
EKIDEN_CODEC_INLINE bool ekiden_set_function(const struct ekiden_function *table, void *pointer,
                                             const uint8_t *name, size_t size)
{
        if (size == 0)
                return true;
        if (!ekiden_text_is_sound(name, size))
                return false;
        for (; table->name != NULL; table++)
                if (strlen(table->name) == size && memcmp(table->name, name, size) == 0) {
                        memcpy(pointer, &table->function, sizeof(table->function));
                        return true;
                }
        return false;
}

/* How many values come one behind the other, each with its tag; what is damaged ends them. */

EKIDEN_CODEC_INLINE size_t ekiden_run_of_varints(const uint8_t *at, const uint8_t *end,
                                                 uint32_t tag)
{
        size_t count = 0;
        uint64_t value;

        while (at != NULL && ekiden_tag_is_next(at, end, tag)) {
                at = ekiden_get_varint(at + ekiden_tag_size(tag), end, &value);
                count++;
        }
        return count;
}

EKIDEN_CODEC_INLINE size_t ekiden_run_of_fixed(const uint8_t *at, const uint8_t *end, uint32_t tag,
                                               size_t width)
{
        size_t count = 0;

        while (ekiden_tag_is_next(at, end, tag) &&
               (size_t)(end - at) >= ekiden_tag_size(tag) + width) {
                at += ekiden_tag_size(tag) + width;
                count++;
        }
        return count;
}

EKIDEN_CODEC_INLINE size_t ekiden_run_of_lengths(const uint8_t *at, const uint8_t *end,
                                                 uint32_t tag)
{
        size_t count = 0, size;

        while (at != NULL && ekiden_tag_is_next(at, end, tag)) {
                at = ekiden_get_length(at + ekiden_tag_size(tag), end, &size);
                if (at != NULL)
                        at += size;
                count++;
        }
        return count;
}

/** How many varints are in a packed run: as many as bytes that end one. */
EKIDEN_CODEC_INLINE size_t ekiden_packed_varints(const uint8_t *at, const uint8_t *end)
{
        size_t count = 0;

        for (; at < end; at++)
                count += *at < 0x80;
        return count;
}
