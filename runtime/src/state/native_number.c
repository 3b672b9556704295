/* SPDX-License-Identifier: MIT */
/*
 * Numbers of every width and sign, between members of C and fields of protobuf. Whatever does not
 * fit is found here; nothing is ever cut to size.
 */
#include <float.h>
#include <string.h>

#include "state/native.h"

#define LOAD(Type, to)                                \
        do {                                          \
                Type value;                           \
                memcpy(&value, place, sizeof(value)); \
                (to) = value;                         \
        } while (0)
#define STORE(Type, from)                             \
        do {                                          \
                Type value = (Type)(from);            \
                memcpy(place, &value, sizeof(value)); \
        } while (0)

static bool load_real(const void *place, size_t size, struct ek_number *number)
{
        number->kind = EK_NUMBER_REAL;
        if (size == sizeof(float))
                LOAD(float, number->real);
        else if (size == sizeof(double))
                LOAD(double, number->real);
        else
                return false;
        return true;
}

bool ek_number_load(const void *place, size_t size_bytes, unsigned int flags,
                    struct ek_number *ret_number)
{
        bool is_signed = flags & EKIDEN_MEMBER_SIGNED;

        if (flags & EKIDEN_MEMBER_FLOATING)
                return load_real(place, size_bytes, ret_number);
        ret_number->kind = is_signed ? EK_NUMBER_SIGNED : EK_NUMBER_UNSIGNED;
        switch (size_bytes) {
        case 1:
                if (is_signed)
                        LOAD(int8_t, ret_number->integer);
                else
                        LOAD(uint8_t, ret_number->natural);
                if (flags & EKIDEN_MEMBER_BOOL)
                        ret_number->natural = ret_number->natural != 0;
                return true;
        case 2:
                if (is_signed)
                        LOAD(int16_t, ret_number->integer);
                else
                        LOAD(uint16_t, ret_number->natural);
                return true;
        case 4:
                if (is_signed)
                        LOAD(int32_t, ret_number->integer);
                else
                        LOAD(uint32_t, ret_number->natural);
                return true;
        case 8:
                LOAD(uint64_t, ret_number->natural);
                return true;
        default:
                return false;
        }
}

/* As an integer of either sign; false for a real that is none. */
static bool to_integer(struct ek_number *number)
{
        double real = number->real;

        if (number->kind != EK_NUMBER_REAL)
                return true;
        if (real >= -0x1p63 && real < 0x1p63 && (double)(int64_t)real == real) {
                number->kind = EK_NUMBER_SIGNED;
                number->integer = (int64_t)real;
                return true;
        }
        if (real >= 0 && real < 0x1p64 && (double)(uint64_t)real == real) {
                number->kind = EK_NUMBER_UNSIGNED;
                number->natural = (uint64_t)real;
                return true;
        }
        return false;
}

static bool fits_signed(struct ek_number *number, unsigned int bits)
{
        int64_t high = INT64_MAX >> (64 - bits);

        if (!to_integer(number))
                return false;
        if (number->kind == EK_NUMBER_UNSIGNED)
                return number->natural <= (uint64_t)high;
        return number->integer >= -high - 1 && number->integer <= high;
}

static bool fits_unsigned(struct ek_number *number, unsigned int bits)
{
        if (!to_integer(number))
                return false;
        return (number->kind == EK_NUMBER_UNSIGNED || number->integer >= 0) &&
               number->natural <= UINT64_MAX >> (64 - bits);
}

static double as_real(struct ek_number number)
{
        switch (number.kind) {
        case EK_NUMBER_SIGNED:
                return (double)number.integer;
        case EK_NUMBER_UNSIGNED:
                return (double)number.natural;
        default:
                return number.real;
        }
}

/* A float may lose digits of a double, but not its magnitude. NaN and infinities stay what they
   are. */
static bool fits_float(double real)
{
        return !(real > (double)FLT_MAX || real < -(double)FLT_MAX) || real > DBL_MAX ||
               real < -DBL_MAX;
}

static bool store_real(void *place, size_t size, double real)
{
        if (size == sizeof(float) && fits_float(real))
                STORE(float, real);
        else if (size == sizeof(double))
                STORE(double, real);
        else
                return false;
        return true;
}

bool ek_number_store(void *place, size_t size_bytes, unsigned int flags, struct ek_number number)
{
        unsigned int bits = (unsigned int)size_bytes * 8;

        if (flags & EKIDEN_MEMBER_FLOATING)
                return store_real(place, size_bytes, as_real(number));
        if (size_bytes == 0 || size_bytes > 8 || (size_bytes & (size_bytes - 1)) != 0)
                return false;
        if (flags & EKIDEN_MEMBER_BOOL)
                bits = 1;
        if (flags & EKIDEN_MEMBER_SIGNED ? !fits_signed(&number, bits)
                                         : !fits_unsigned(&number, bits))
                return false;
        switch (size_bytes) {
        case 1:
                STORE(uint8_t, number.natural);
                break;
        case 2:
                STORE(uint16_t, number.natural);
                break;
        case 4:
                STORE(uint32_t, number.natural);
                break;
        default:
                STORE(uint64_t, number.natural);
                break;
        }
        return true;
}

struct ek_number ek_number_of_field(ProtobufCType type, const void *place)
{
        struct ek_number number = {.kind = EK_NUMBER_SIGNED};

        switch (type) {
        case PROTOBUF_C_TYPE_UINT32:
        case PROTOBUF_C_TYPE_FIXED32:
                number.kind = EK_NUMBER_UNSIGNED;
                LOAD(uint32_t, number.natural);
                break;
        case PROTOBUF_C_TYPE_UINT64:
        case PROTOBUF_C_TYPE_FIXED64:
                number.kind = EK_NUMBER_UNSIGNED;
                LOAD(uint64_t, number.natural);
                break;
        case PROTOBUF_C_TYPE_INT64:
        case PROTOBUF_C_TYPE_SINT64:
        case PROTOBUF_C_TYPE_SFIXED64:
                LOAD(int64_t, number.integer);
                break;
        case PROTOBUF_C_TYPE_FLOAT:
                number.kind = EK_NUMBER_REAL;
                LOAD(float, number.real);
                break;
        case PROTOBUF_C_TYPE_DOUBLE:
                number.kind = EK_NUMBER_REAL;
                LOAD(double, number.real);
                break;
        case PROTOBUF_C_TYPE_BOOL:
                number.integer = *(const protobuf_c_boolean *)place != 0;
                break;
        default: /* int32 in all its encodings, and enums */
                LOAD(int32_t, number.integer);
                break;
        }
        return number;
}

bool ek_number_to_field(ProtobufCType type, void *place, struct ek_number number)
{
        switch (type) {
        case PROTOBUF_C_TYPE_UINT32:
        case PROTOBUF_C_TYPE_FIXED32:
                return ek_number_store(place, 4, 0, number);
        case PROTOBUF_C_TYPE_UINT64:
        case PROTOBUF_C_TYPE_FIXED64:
                return ek_number_store(place, 8, 0, number);
        case PROTOBUF_C_TYPE_INT64:
        case PROTOBUF_C_TYPE_SINT64:
        case PROTOBUF_C_TYPE_SFIXED64:
                return ek_number_store(place, 8, EKIDEN_MEMBER_SIGNED, number);
        case PROTOBUF_C_TYPE_FLOAT:
                return ek_number_store(place, 4, EKIDEN_MEMBER_FLOATING, number);
        case PROTOBUF_C_TYPE_DOUBLE:
                return ek_number_store(place, 8, EKIDEN_MEMBER_FLOATING, number);
        case PROTOBUF_C_TYPE_BOOL: /* what C takes for true is true */
                *(protobuf_c_boolean *)place =
                        number.kind == EK_NUMBER_REAL ? number.real != 0 : number.natural != 0;
                return true;
        default:
                return ek_number_store(place, 4, EKIDEN_MEMBER_SIGNED, number);
        }
}

bool ek_count_load(const void *object, const struct ekiden_member *member, size_t *ret_count)
{
        struct ek_number number;

        if (member->length_size == 0) {
                *ret_count = member->capacity;
                return true;
        }
        if (!ek_number_load((const char *)object + member->length_offset, member->length_size,
                            member->length_flags, &number) ||
            !fits_unsigned(&number, sizeof(size_t) * 8))
                return false;
        *ret_count = (size_t)number.natural;
        return true;
}
