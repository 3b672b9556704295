/* SPDX-License-Identifier: MIT */
/*
 * What NAME.native.c asserts of a program's structs, so that a member which is not what the schema
 * says of it does not compile, with a sentence that names both. Generated code includes it, and
 * nobody else has a use for it.
 *
 * `Struct` and `member` are as in <ekiden/native.h>; `place` and `field` are for a person:
 * "x.proto:23" and "Message.field". Where an assertion fails, others behind it, and the tables, may
 * fail in the compiler's own words.
 */
#pragma once

#include <ekiden/native.h>

#ifdef __cplusplus
#define EKIDEN_LVALUE_IS_A(lvalue, Type) \
        (std::is_same<std::remove_cv<EKIDEN_TYPE_OF(lvalue)>::type, Type>::value)
#else
#define EKIDEN_LVALUE_IS_A(lvalue, Type) __builtin_types_compatible_p(__typeof__(lvalue), Type)
#endif

#define EKIDEN_MUST_BE(condition, Struct, member, place, field, wanted)                         \
        EKIDEN_STATIC_ASSERT(condition, place ": " Struct ": \"" member "\" is bound to " field \
                                              " and must be " wanted)

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

#define EKIDEN_CHECK_NUMBER(Struct, member, CLASS, place, field)                             \
        EKIDEN_MUST_BE(EKIDEN_KIND_##CLASS(EKIDEN_LVALUE(Struct, member)), #Struct, #member, \
                       place, field, EKIDEN_WANTED_##CLASS);                                 \
        EKIDEN_MUST_BE(EKIDEN_FITS_##CLASS(EKIDEN_LVALUE(Struct, member)), #Struct, #member, \
                       place, field, EKIDEN_WANTED_##CLASS)
#define EKIDEN_CHECK_NUMBERS(Struct, member, CLASS, place, field)                             \
        EKIDEN_MUST_BE(EKIDEN_KIND_##CLASS(EKIDEN_ELEMENT(Struct, member)), #Struct, #member, \
                       place, field, "of elements that are each " EKIDEN_WANTED_##CLASS);     \
        EKIDEN_MUST_BE(EKIDEN_FITS_##CLASS(EKIDEN_ELEMENT(Struct, member)), #Struct, #member, \
                       place, field, "of elements that are each " EKIDEN_WANTED_##CLASS)

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
#define EKIDEN_CHECK_BITS(Struct, member, CLASS, bits, place, field)                          \
        EKIDEN_MUST_BE(EKIDEN_BITS_FIT_##CLASS(EKIDEN_LVALUE(Struct, member), bits), #Struct, \
                       #member, place, field, EKIDEN_BITS_WANTED_##CLASS)

/* Text: where it is one string, and where each element is. */
#define EKIDEN_LVALUE_HAS_CHARS(lvalue)                                                           \
        (EKIDEN_LVALUE_IS_A((lvalue)[0], char) || EKIDEN_LVALUE_IS_A((lvalue)[0], signed char) || \
         EKIDEN_LVALUE_IS_A((lvalue)[0], unsigned char))
#define EKIDEN_WANTED_TEXT "an array of char; a pointer needs `zt`"
#define EKIDEN_WANTED_ZT "a pointer to char, because of `zt`"
#define EKIDEN_CHECK_TEXT(Struct, member, place, field)                                          \
        EKIDEN_MUST_BE(EKIDEN_IS_ARRAY(Struct, member), #Struct, #member, place, field,          \
                       EKIDEN_WANTED_TEXT);                                                      \
        EKIDEN_MUST_BE(EKIDEN_LVALUE_HAS_CHARS(EKIDEN_LVALUE(Struct, member)), #Struct, #member, \
                       place, field, EKIDEN_WANTED_TEXT)
#define EKIDEN_CHECK_ZT(Struct, member, place, field)                                            \
        EKIDEN_MUST_BE(EKIDEN_IS_POINTER(Struct, member), #Struct, #member, place, field,        \
                       EKIDEN_WANTED_ZT);                                                        \
        EKIDEN_MUST_BE(EKIDEN_LVALUE_HAS_CHARS(EKIDEN_LVALUE(Struct, member)), #Struct, #member, \
                       place, field, EKIDEN_WANTED_ZT)
#define EKIDEN_CHECK_TEXTS(Struct, member, place, field)                                          \
        EKIDEN_MUST_BE(EKIDEN_LVALUE_IS_ARRAY(EKIDEN_ELEMENT(Struct, member)), #Struct, #member,  \
                       place, field, "of elements that are each " EKIDEN_WANTED_TEXT);            \
        EKIDEN_MUST_BE(EKIDEN_LVALUE_HAS_CHARS(EKIDEN_ELEMENT(Struct, member)), #Struct, #member, \
                       place, field, "of elements that are each " EKIDEN_WANTED_TEXT)
#define EKIDEN_CHECK_ZTS(Struct, member, place, field)                                             \
        EKIDEN_MUST_BE(EKIDEN_LVALUE_IS_POINTER(EKIDEN_ELEMENT(Struct, member)), #Struct, #member, \
                       place, field, "of elements that are each " EKIDEN_WANTED_ZT);               \
        EKIDEN_MUST_BE(EKIDEN_LVALUE_HAS_CHARS(EKIDEN_ELEMENT(Struct, member)), #Struct, #member,  \
                       place, field, "of elements that are each " EKIDEN_WANTED_ZT)

/* Where several values, or bytes, are: all of an array; as many as a member says; at the end, where
 * older code has an array of one. That an array without a size is not `flexible` shows when the
 * compiler is asked for its size. */
#define EKIDEN_CHECK_WHOLE(Struct, member, place, field)                                \
        EKIDEN_MUST_BE(EKIDEN_IS_ARRAY(Struct, member), #Struct, #member, place, field, \
                       "an array; a pointer needs `length`")
#define EKIDEN_CHECK_COUNTED(Struct, member, place, field)                                   \
        EKIDEN_MUST_BE(EKIDEN_IS_ARRAY(Struct, member) || EKIDEN_IS_POINTER(Struct, member), \
                       #Struct, #member, place, field, "an array or a pointer")
#define EKIDEN_CHECK_FLEXIBLE(Struct, member, place, field)                               \
        EKIDEN_MUST_BE(EKIDEN_IS_ARRAY(Struct, member), #Struct, #member, place, field,   \
                       "an array at the end of the struct, because of `flexible`");       \
        EKIDEN_MUST_BE(sizeof(Struct) <= offsetof(Struct, member) +                       \
                                                 sizeof(EKIDEN_ELEMENT(Struct, member)) + \
                                                 __alignof__(Struct),                     \
                       #Struct, #member, place, field,                                    \
                       "an array at the end of the struct, because of `flexible`")
#define EKIDEN_CHECK_LENGTH(Struct, member, place, field)                                   \
        EKIDEN_STATIC_ASSERT(EKIDEN_LVALUE_IS_INTEGER(EKIDEN_LVALUE(Struct, member)),       \
                             place ": " #Struct ": \"" #member "\" is the length of " field \
                                   " and must be an integer")
#define EKIDEN_CHECK_CAPACITY(Struct, member, place, field)                                   \
        EKIDEN_STATIC_ASSERT(EKIDEN_LVALUE_IS_INTEGER(EKIDEN_LVALUE(Struct, member)),         \
                             place ": " #Struct ": \"" #member "\" is the capacity of " field \
                                   " and must be an integer")

/* Messages: one, and several. What is pointed to has an identity, or it cannot be told apart. */
#define EKIDEN_LVALUE_LEADS_TO(lvalue, Target)                                         \
        (EKIDEN_LVALUE_IS_A(lvalue, Target) || EKIDEN_LVALUE_IS_A(lvalue, Target *) || \
         EKIDEN_LVALUE_IS_A(lvalue, const Target *))
#define EKIDEN_CHECK_MESSAGE(Struct, member, Target, place, field)                             \
        EKIDEN_MUST_BE(EKIDEN_LVALUE_LEADS_TO(EKIDEN_LVALUE(Struct, member), Target), #Struct, \
                       #member, place, field, #Target " or a pointer to one")
#define EKIDEN_CHECK_MESSAGES(Struct, member, Target, place, field)                             \
        EKIDEN_MUST_BE(EKIDEN_LVALUE_LEADS_TO(EKIDEN_ELEMENT(Struct, member), Target), #Struct, \
                       #member, place, field,                                                   \
                       "of elements that are each " #Target " or a pointer to one")
#define EKIDEN_NO_POINTER(is_pointer, Struct, member, message, place, field)   \
        EKIDEN_STATIC_ASSERT(!(is_pointer), place                              \
                             ": " Struct ": \"" member "\" is bound to " field \
                             " and is a pointer: give message " message " an identity field")
#define EKIDEN_CHECK_EMBEDDED(Struct, member, message, place, field)                           \
        EKIDEN_NO_POINTER(EKIDEN_IS_POINTER(Struct, member), #Struct, #member, message, place, \
                          field)
#define EKIDEN_CHECK_EMBEDDED_EACH(Struct, member, message, place, field)                    \
        EKIDEN_NO_POINTER(EKIDEN_LVALUE_IS_POINTER(EKIDEN_ELEMENT(Struct, member)), #Struct, \
                          #member, message, place, field)
#define EKIDEN_CHECK_POINTER(Struct, member, why, place, field)                           \
        EKIDEN_MUST_BE(EKIDEN_IS_POINTER(Struct, member), #Struct, #member, place, field, \
                       "a pointer, because of `" why "`")
#define EKIDEN_CHECK_POINTER_EACH(Struct, member, why, place, field)                               \
        EKIDEN_MUST_BE(EKIDEN_LVALUE_IS_POINTER(EKIDEN_ELEMENT(Struct, member)), #Struct, #member, \
                       place, field, "of pointers, because of `" why "`")

#define EKIDEN_CHECK_FUNCTION(Struct, member, place, field)                                     \
        EKIDEN_MUST_BE(EKIDEN_IS_POINTER(Struct, member) &&                                     \
                               sizeof(EKIDEN_LVALUE(Struct, member)) == sizeof(void (*)(void)), \
                       #Struct, #member, place, field, "a pointer to a function")

#define EKIDEN_CHECK_DISCRIMINATOR(Struct, member, place, oneof)                                   \
        EKIDEN_STATIC_ASSERT(EKIDEN_LVALUE_IS_INTEGER(EKIDEN_LVALUE(Struct, member)),              \
                             place ": " #Struct ": \"" #member "\" is the discriminator of " oneof \
                                   " and must be an enum or an integer")

/* A struct in which nothing is bound but bit-fields, or nothing at all. */
#define EKIDEN_COVERED_BY_BITS(Struct, bits_size, place, message)                     \
        EKIDEN_STATIC_ASSERT(sizeof(Struct) < (bits_size) + __alignof__(Struct),      \
                             place ": " #Struct " has a member that message " message \
                                   " neither binds nor ignores")

/*
 * Whether every byte of a struct is accounted for. The generated code goes through its members, in
 * passes, from the start: `now` is how far they reach with `member`, where that begins where those
 * `before` it end, but for padding (less than its alignment). It takes few passes where fields are
 * declared as members are, and as many as there are members at most. What hides in padding, and
 * beside bit-fields in up to `bits_size` bytes, is not seen. Nor is what a union has besides: one
 * of its members stands for it.
 */
#define EKIDEN_END(Struct, member) \
        (offsetof(Struct, member) + sizeof(EKIDEN_LVALUE(Struct, member)))
/* How far a union without a name goes behind its member `behind`, its `tail`: to where the most
 * aligned of its members may end, of which `alignments` is EKIDEN_ALIGNED() of each, in one mask.
 */
#define EKIDEN_ALIGNED(Struct, member) (__alignof__(EKIDEN_LVALUE(Struct, member)) - 1)
#define EKIDEN_UNION_TAIL(Struct, behind, alignments) \
        ((0 - EKIDEN_END(Struct, behind)) & (alignments))
#define EKIDEN_REACHES(Struct, member, tail, bits_size, reach, before, now)                      \
        reach##now =                                                                             \
                offsetof(Struct, member) < reach##before + (bits_size) +                         \
                                                   __alignof__(EKIDEN_LVALUE(Struct, member)) && \
                                EKIDEN_END(Struct, member) + (tail) > reach##before              \
                        ? EKIDEN_END(Struct, member) + (tail)                                    \
                        : reach##before,
#define EKIDEN_REACHES_FLEXIBLE(Struct, member, unused, bits_size, reach, before, now)         \
        reach##now =                                                                           \
                offsetof(Struct, member) < reach##before + (bits_size) +                       \
                                                   __alignof__(EKIDEN_ELEMENT(Struct, member)) \
                        ? sizeof(Struct)                                                       \
                        : reach##before,
/* By a constant: clang repeats a condition that fails, which has thousands of characters here. */
#define EKIDEN_PASTE(one, other) one##other
#define EKIDEN_HOLDS(line) EKIDEN_PASTE(ekiden_holds_, line)
#define EKIDEN_ASSERT_BRIEFLY(condition, text)         \
        enum { EKIDEN_HOLDS(__LINE__) = (condition) }; \
        EKIDEN_STATIC_ASSERT(EKIDEN_HOLDS(__LINE__), text)
#define EKIDEN_COVERED_FROM_START(Struct, reach, place, message)                               \
        EKIDEN_ASSERT_BRIEFLY(reach > 0,                                                       \
                              place ": " #Struct " begins with a member that message " message \
                                    " neither binds nor ignores")
#define EKIDEN_COVERED(Struct, behind, tail, bits_size, reach, place, message)             \
        EKIDEN_ASSERT_BRIEFLY(EKIDEN_IS_UNION(Struct) ||                                   \
                                      sizeof(Struct) <                                     \
                                              reach + (bits_size) + __alignof__(Struct) || \
                                      EKIDEN_END(Struct, behind) + (tail) != reach,        \
                              place ": " #Struct " has a member behind \"" #behind         \
                                    "\" that message " message " neither binds nor ignores")

/*
 * Where bit-fields are, nobody can ask; but there are only so many places, each of them a gap:
 * behind `behind`, and at the start. `members` is a macro that applies its first argument to each.
 */
#define EKIDEN_FOLLOWS(Struct, behind, tail, member)                                      \
        (offsetof(Struct, member) < EKIDEN_END(Struct, behind) + (tail) +                 \
                                            __alignof__(EKIDEN_LVALUE(Struct, member)) && \
         EKIDEN_END(Struct, member) > EKIDEN_END(Struct, behind)) ||
#define EKIDEN_FOLLOWS_FLEXIBLE(Struct, behind, tail, member) \
        (offsetof(Struct, member) <                           \
         EKIDEN_END(Struct, behind) + (tail) + __alignof__(EKIDEN_ELEMENT(Struct, member))) ||
#define EKIDEN_BEGINS(Struct, unused, none, member) offsetof(Struct, member) == 0 ||
#define EKIDEN_GAP(Struct, behind, members) EKIDEN_GAP_BEHIND(Struct, behind, 0, members)
#define EKIDEN_GAP_BEHIND(Struct, behind, tail, members)                                      \
        (EKIDEN_IS_UNION(Struct) ||                                                           \
                         sizeof(Struct) <                                                     \
                                 EKIDEN_END(Struct, behind) + (tail) + __alignof__(Struct) || \
                         members(EKIDEN_FOLLOWS, Struct, behind, tail) 0                      \
                 ? 0                                                                          \
                 : 1)
#define EKIDEN_GAP_AT_START(Struct, members) (members(EKIDEN_BEGINS, Struct, , 0) 0 ? 0 : 1)
#define EKIDEN_NO_MORE_GAPS(Struct, most, place, message, gaps)                              \
        EKIDEN_ASSERT_BRIEFLY((gaps) <= (most),                                              \
                              place ": " #Struct " has a member that message " message       \
                                    " neither binds nor ignores, or bit-fields that follow " \
                                    "each other there and are apart in the struct")
