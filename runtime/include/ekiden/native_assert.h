/* SPDX-License-Identifier: MIT */
/*
 * What NAME.native.c asserts of a program's structs, so that a member which is not what the schema
 * says of it does not compile, with a sentence that names both. Generated code includes it, and
 * nobody else has a use for it.
 *
 * `Struct` and `member` are as in <ekiden/native.h>; `field` is "Message.field", for a person.
 * Where an assertion fails, others behind it, and the tables, may fail in the compiler's own words.
 */
#pragma once

#include <ekiden/native.h>

#ifdef __cplusplus
#define EKIDEN_LVALUE_IS_A(lvalue, Type) \
        (std::is_same<std::remove_cv<EKIDEN_TYPE_OF(lvalue)>::type, Type>::value)
#else
#define EKIDEN_LVALUE_IS_A(lvalue, Type) __builtin_types_compatible_p(__typeof__(lvalue), Type)
#endif

#define EKIDEN_MUST_BE(condition, Struct, member, field, wanted) \
        EKIDEN_STATIC_ASSERT(condition,                          \
                             Struct ": \"" member "\" is bound to " field " and must be " wanted)

/* Which numbers a field of a class can hold all values of: none is cut off on the way out. */
#define EKIDEN_LVALUE_IS_INTEGER(lvalue) \
        (EKIDEN_LVALUE_IS_NUMBER(lvalue) && !EKIDEN_LVALUE_IS_FLOATING(lvalue))
#define EKIDEN_FITS_SIGNED(lvalue, size_bytes) \
        (EKIDEN_LVALUE_IS_INTEGER(lvalue) &&   \
         sizeof(lvalue) <= (EKIDEN_LVALUE_IS_SIGNED(lvalue) ? (size_bytes) : (size_bytes) / 2))
#define EKIDEN_FITS_UNSIGNED(lvalue, size_bytes)                                 \
        (EKIDEN_LVALUE_IS_INTEGER(lvalue) && !EKIDEN_LVALUE_IS_SIGNED(lvalue) && \
         sizeof(lvalue) <= (size_bytes))
#define EKIDEN_FITS_INT32(lvalue) EKIDEN_FITS_SIGNED(lvalue, 4u)
#define EKIDEN_FITS_INT64(lvalue) EKIDEN_FITS_SIGNED(lvalue, 8u)
#define EKIDEN_FITS_UINT32(lvalue) EKIDEN_FITS_UNSIGNED(lvalue, 4u)
#define EKIDEN_FITS_UINT64(lvalue) EKIDEN_FITS_UNSIGNED(lvalue, 8u)
#define EKIDEN_FITS_ENUM(lvalue) (EKIDEN_LVALUE_IS_INTEGER(lvalue) && sizeof(lvalue) <= 8)
#ifdef __cplusplus
#define EKIDEN_FITS_BOOL(lvalue) EKIDEN_LVALUE_IS_A(lvalue, bool)
#else
#define EKIDEN_FITS_BOOL(lvalue) EKIDEN_LVALUE_IS_A(lvalue, _Bool)
#endif
#define EKIDEN_FITS_FLOAT(lvalue) EKIDEN_LVALUE_IS_A(lvalue, float)
#define EKIDEN_FITS_DOUBLE(lvalue) \
        (EKIDEN_LVALUE_IS_A(lvalue, float) || EKIDEN_LVALUE_IS_A(lvalue, double))

#define EKIDEN_WANTED_INT32 "a signed integer of 4 bytes at most, or an unsigned one of 2"
#define EKIDEN_WANTED_INT64 "a signed integer of 8 bytes at most, or an unsigned one of 4"
#define EKIDEN_WANTED_UINT32 "an unsigned integer of 4 bytes at most"
#define EKIDEN_WANTED_UINT64 "an unsigned integer of 8 bytes at most"
#define EKIDEN_WANTED_ENUM "an enum or an integer"
#define EKIDEN_WANTED_BOOL "a bool"
#define EKIDEN_WANTED_FLOAT "a float"
#define EKIDEN_WANTED_DOUBLE "a double or a float"

/* What must be so before the compiler can be asked the rest. */
#define EKIDEN_KIND_INT32(lvalue) EKIDEN_LVALUE_IS_INTEGER(lvalue)
#define EKIDEN_KIND_INT64(lvalue) EKIDEN_LVALUE_IS_INTEGER(lvalue)
#define EKIDEN_KIND_UINT32(lvalue) EKIDEN_LVALUE_IS_INTEGER(lvalue)
#define EKIDEN_KIND_UINT64(lvalue) EKIDEN_LVALUE_IS_INTEGER(lvalue)
#define EKIDEN_KIND_ENUM(lvalue) EKIDEN_LVALUE_IS_INTEGER(lvalue)
#define EKIDEN_KIND_BOOL(lvalue) EKIDEN_LVALUE_IS_INTEGER(lvalue)
#define EKIDEN_KIND_FLOAT(lvalue) EKIDEN_LVALUE_IS_FLOATING(lvalue)
#define EKIDEN_KIND_DOUBLE(lvalue) EKIDEN_LVALUE_IS_FLOATING(lvalue)

#define EKIDEN_CHECK_NUMBER(Struct, member, CLASS, field)                                    \
        EKIDEN_MUST_BE(EKIDEN_KIND_##CLASS(EKIDEN_LVALUE(Struct, member)), #Struct, #member, \
                       field, EKIDEN_WANTED_##CLASS);                                        \
        EKIDEN_MUST_BE(EKIDEN_FITS_##CLASS(EKIDEN_LVALUE(Struct, member)), #Struct, #member, \
                       field, EKIDEN_WANTED_##CLASS)
#define EKIDEN_CHECK_NUMBERS(Struct, member, CLASS, field)                                    \
        EKIDEN_MUST_BE(EKIDEN_KIND_##CLASS(EKIDEN_ELEMENT(Struct, member)), #Struct, #member, \
                       field, "of elements that are each " EKIDEN_WANTED_##CLASS);            \
        EKIDEN_MUST_BE(EKIDEN_FITS_##CLASS(EKIDEN_ELEMENT(Struct, member)), #Struct, #member, \
                       field, "of elements that are each " EKIDEN_WANTED_##CLASS)

/* Bit-fields, by their width; sizeof does not go there. */
#define EKIDEN_BITS_FIT_INT32(lvalue, bits) ((bits) <= (EKIDEN_BITS_ARE_SIGNED(lvalue) ? 32 : 31))
#define EKIDEN_BITS_FIT_INT64(lvalue, bits) ((bits) <= (EKIDEN_BITS_ARE_SIGNED(lvalue) ? 64 : 63))
#define EKIDEN_BITS_FIT_UINT32(lvalue, bits) (!EKIDEN_BITS_ARE_SIGNED(lvalue) && (bits) <= 32)
#define EKIDEN_BITS_FIT_UINT64(lvalue, bits) (!EKIDEN_BITS_ARE_SIGNED(lvalue) && (bits) <= 64)
#define EKIDEN_BITS_FIT_BOOL(lvalue, bits) (!EKIDEN_BITS_ARE_SIGNED(lvalue) && (bits) == 1)
#define EKIDEN_BITS_FIT_ENUM(lvalue, bits) ((bits) <= (EKIDEN_BITS_ARE_SIGNED(lvalue) ? 64 : 63))
#define EKIDEN_BITS_WANTED_INT32 "a bit-field of 32 bits at most, or of 31 where it is unsigned"
#define EKIDEN_BITS_WANTED_INT64 "a bit-field of 64 bits at most, or of 63 where it is unsigned"
#define EKIDEN_BITS_WANTED_UINT32 "an unsigned bit-field of 32 bits at most"
#define EKIDEN_BITS_WANTED_UINT64 "an unsigned bit-field of 64 bits at most"
#define EKIDEN_BITS_WANTED_BOOL "an unsigned bit-field of 1 bit"
#define EKIDEN_BITS_WANTED_ENUM "a bit-field of 63 bits at most"
#define EKIDEN_CHECK_BITS(Struct, member, CLASS, bits, field)                                 \
        EKIDEN_MUST_BE(EKIDEN_BITS_FIT_##CLASS(EKIDEN_LVALUE(Struct, member), bits), #Struct, \
                       #member, field, EKIDEN_BITS_WANTED_##CLASS)

/* Text: where it is one string, and where each element is. */
#define EKIDEN_LVALUE_HAS_CHARS(lvalue)                                                           \
        (EKIDEN_LVALUE_IS_A((lvalue)[0], char) || EKIDEN_LVALUE_IS_A((lvalue)[0], signed char) || \
         EKIDEN_LVALUE_IS_A((lvalue)[0], unsigned char))
#define EKIDEN_WANTED_TEXT "an array of char; a pointer needs `zt`"
#define EKIDEN_WANTED_ZT "a pointer to char, because of `zt`"
#define EKIDEN_CHECK_TEXT(Struct, member, field)                                                 \
        EKIDEN_MUST_BE(EKIDEN_IS_ARRAY(Struct, member), #Struct, #member, field,                 \
                       EKIDEN_WANTED_TEXT);                                                      \
        EKIDEN_MUST_BE(EKIDEN_LVALUE_HAS_CHARS(EKIDEN_LVALUE(Struct, member)), #Struct, #member, \
                       field, EKIDEN_WANTED_TEXT)
#define EKIDEN_CHECK_ZT(Struct, member, field)                                                   \
        EKIDEN_MUST_BE(EKIDEN_IS_POINTER(Struct, member), #Struct, #member, field,               \
                       EKIDEN_WANTED_ZT);                                                        \
        EKIDEN_MUST_BE(EKIDEN_LVALUE_HAS_CHARS(EKIDEN_LVALUE(Struct, member)), #Struct, #member, \
                       field, EKIDEN_WANTED_ZT)
#define EKIDEN_CHECK_TEXTS(Struct, member, field)                                                 \
        EKIDEN_MUST_BE(EKIDEN_LVALUE_IS_ARRAY(EKIDEN_ELEMENT(Struct, member)), #Struct, #member,  \
                       field, "of elements that are each " EKIDEN_WANTED_TEXT);                   \
        EKIDEN_MUST_BE(EKIDEN_LVALUE_HAS_CHARS(EKIDEN_ELEMENT(Struct, member)), #Struct, #member, \
                       field, "of elements that are each " EKIDEN_WANTED_TEXT)
#define EKIDEN_CHECK_ZTS(Struct, member, field)                                                    \
        EKIDEN_MUST_BE(EKIDEN_LVALUE_IS_POINTER(EKIDEN_ELEMENT(Struct, member)), #Struct, #member, \
                       field, "of elements that are each " EKIDEN_WANTED_ZT);                      \
        EKIDEN_MUST_BE(EKIDEN_LVALUE_HAS_CHARS(EKIDEN_ELEMENT(Struct, member)), #Struct, #member,  \
                       field, "of elements that are each " EKIDEN_WANTED_ZT)

/* Where several values, or bytes, are: all of an array; as many as a member says; at the end, where
 * older code has an array of one. That an array without a size is not `flexible` shows when the
 * compiler is asked for its size. */
#define EKIDEN_CHECK_WHOLE(Struct, member, field)                                \
        EKIDEN_MUST_BE(EKIDEN_IS_ARRAY(Struct, member), #Struct, #member, field, \
                       "an array; a pointer needs `length`")
#define EKIDEN_CHECK_COUNTED(Struct, member, field)                                          \
        EKIDEN_MUST_BE(EKIDEN_IS_ARRAY(Struct, member) || EKIDEN_IS_POINTER(Struct, member), \
                       #Struct, #member, field, "an array or a pointer")
#define EKIDEN_CHECK_FLEXIBLE(Struct, member, field)                                      \
        EKIDEN_MUST_BE(EKIDEN_IS_ARRAY(Struct, member), #Struct, #member, field,          \
                       "an array at the end of the struct, because of `flexible`");       \
        EKIDEN_MUST_BE(sizeof(Struct) <= offsetof(Struct, member) +                       \
                                                 sizeof(EKIDEN_ELEMENT(Struct, member)) + \
                                                 __alignof__(Struct),                     \
                       #Struct, #member, field,                                           \
                       "an array at the end of the struct, because of `flexible`")
#define EKIDEN_CHECK_LENGTH(Struct, member, field)                                    \
        EKIDEN_STATIC_ASSERT(EKIDEN_LVALUE_IS_INTEGER(EKIDEN_LVALUE(Struct, member)), \
                             #Struct ": \"" #member "\" is the length of " field      \
                                     " and must be an integer")

/* Messages: one, and several. What is pointed to has an identity, or it cannot be told apart. */
#define EKIDEN_LVALUE_LEADS_TO(lvalue, Target)                                         \
        (EKIDEN_LVALUE_IS_A(lvalue, Target) || EKIDEN_LVALUE_IS_A(lvalue, Target *) || \
         EKIDEN_LVALUE_IS_A(lvalue, const Target *))
#define EKIDEN_CHECK_MESSAGE(Struct, member, Target, field)                                    \
        EKIDEN_MUST_BE(EKIDEN_LVALUE_LEADS_TO(EKIDEN_LVALUE(Struct, member), Target), #Struct, \
                       #member, field, #Target " or a pointer to one")
#define EKIDEN_CHECK_MESSAGES(Struct, member, Target, field)                                    \
        EKIDEN_MUST_BE(EKIDEN_LVALUE_LEADS_TO(EKIDEN_ELEMENT(Struct, member), Target), #Struct, \
                       #member, field,                                                          \
                       "of elements that are each " #Target " or a pointer to one")
#define EKIDEN_NO_POINTER(is_pointer, Struct, member, message, field)                         \
        EKIDEN_STATIC_ASSERT(!(is_pointer), Struct ": \"" member "\" is bound to " field      \
                                                   " and is a pointer: give message " message \
                                                   " an identity field")
#define EKIDEN_CHECK_EMBEDDED(Struct, member, message, field) \
        EKIDEN_NO_POINTER(EKIDEN_IS_POINTER(Struct, member), #Struct, #member, message, field)
#define EKIDEN_CHECK_EMBEDDED_EACH(Struct, member, message, field)                           \
        EKIDEN_NO_POINTER(EKIDEN_LVALUE_IS_POINTER(EKIDEN_ELEMENT(Struct, member)), #Struct, \
                          #member, message, field)
#define EKIDEN_CHECK_POINTER(Struct, member, why, field)                           \
        EKIDEN_MUST_BE(EKIDEN_IS_POINTER(Struct, member), #Struct, #member, field, \
                       "a pointer, because of `" why "`")
#define EKIDEN_CHECK_POINTER_EACH(Struct, member, why, field)                                      \
        EKIDEN_MUST_BE(EKIDEN_LVALUE_IS_POINTER(EKIDEN_ELEMENT(Struct, member)), #Struct, #member, \
                       field, "of pointers, because of `" why "`")

#define EKIDEN_CHECK_FUNCTION(Struct, member, field)                                            \
        EKIDEN_MUST_BE(EKIDEN_IS_POINTER(Struct, member) &&                                     \
                               sizeof(EKIDEN_LVALUE(Struct, member)) == sizeof(void (*)(void)), \
                       #Struct, #member, field, "a pointer to a function")

#define EKIDEN_CHECK_DISCRIMINATOR(Struct, member, oneof)                               \
        EKIDEN_STATIC_ASSERT(EKIDEN_LVALUE_IS_INTEGER(EKIDEN_LVALUE(Struct, member)),   \
                             #Struct ": \"" #member "\" is the discriminator of " oneof \
                                     " and must be an enum or an integer")

/* A struct in which nothing is bound but bit-fields, or nothing at all. */
#define EKIDEN_COVERED_BY_BITS(Struct, bits_size, schema)                        \
        EKIDEN_STATIC_ASSERT(sizeof(Struct) < (bits_size) + __alignof__(Struct), \
                             #Struct " has a member that " schema " neither binds nor ignores")
