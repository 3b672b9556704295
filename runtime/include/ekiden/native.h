/* SPDX-License-Identifier: MIT */
/*
 * How the messages of a schema lie in a program's own C structs. protoc-gen-ekiden writes these
 * tables into NAME.native.c from the options in ekiden/options.proto; the library walks them to
 * fill a message from a struct and a struct from a message. A program calls none of it, but for
 * EKIDEN_FUNCTION() in its tables of functions.
 *
 * The notion is that of the annotations in Hayden et al., "State Transfer for Clear and Efficient
 * Runtime Updates" (HotSWUp 2011), Figure 2: PTR, ZT, PTRARRAY(n), IGNORE.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ekiden/ahead.h>
#include <ekiden/tag.h>

#ifdef __cplusplus
#include <type_traits>
extern "C" {
#endif
#pragma GCC visibility push(default)

/** What a member holds. */
enum ekiden_member_kind {
        EKIDEN_MEMBER_NUMBER = 1, /* an integer of any width, bool, enum or floating point */
        EKIDEN_MEMBER_BITS, /* a bit-field, reached through two functions */
        EKIDEN_MEMBER_TEXT, /* text with its NUL: in an array of char, or behind a pointer (ZT) */
        EKIDEN_MEMBER_BYTES, /* opaque */
        EKIDEN_MEMBER_STRUCT, /* an embedded struct */
        EKIDEN_MEMBER_OBJECT, /* a pointer to an object, whose identity is kept (PTR) */
        EKIDEN_MEMBER_FUNCTION, /* a pointer to a function, by its name in a table */
        EKIDEN_MEMBER_IDENTITY, /* no member: the field that tells objects apart on the wire */
};

/** Where the values of a repeated field, or the bytes of a bytes field, are. */
enum ekiden_member_room {
        EKIDEN_ROOM_ONE = 0, /* one value, in the member itself */
        EKIDEN_ROOM_FIXED, /* the member is an array of `capacity` values */
        EKIDEN_ROOM_POINTED, /* the member points to them (PTRARRAY) */
        EKIDEN_ROOM_FLEXIBLE, /* a flexible array member: they lie behind the struct */
};

enum ekiden_member_flag {
        EKIDEN_MEMBER_SIGNED = 1 << 0,
        EKIDEN_MEMBER_FLOATING = 1 << 1,
        EKIDEN_MEMBER_INDIRECT = 1 << 2, /* a value is a pointer: text that is not an array */
        EKIDEN_MEMBER_REFERENCE = 1 << 3, /* an object that another item holds: not followed */
        EKIDEN_MEMBER_BOOL = 1 << 4, /* C's bool: nothing but 0 and 1 may lie there */
};

/** One constant of an enum, as the schema and as C have it. */
struct ekiden_enumerator {
        int32_t value; /* in the schema */
        int64_t constant; /* in C */
};

struct ekiden_enumeration {
        const char *name; /* of the schema's enum */
        const struct ekiden_enumerator *enumerators;
        size_t count;
};

/** An entry of a program's table of functions, which ends with an entry without a name. */
struct ekiden_function {
        const char *name; /* what crosses; it must mean the same in every version */
        void (*function)(void);
};

/** An entry for a function under its own name. */
#define EKIDEN_FUNCTION(function)                   \
        {                                           \
#function, (void (*)(void))function \
        }

/** The discriminator of a union, which is a oneof in the schema. */
struct ekiden_choice {
        const char *name; /* of the oneof */
        size_t offset, size; /* of the discriminator */
        unsigned int flags; /* EKIDEN_MEMBER_SIGNED */
        bool has_none; /* a discriminator of `none` says that no member is in use */
        int64_t none;
};

/** A member (or a part of one) and the field that it is bound to. */
struct ekiden_member {
        const char *name; /* as C has it: "peer.addr.port" */
        unsigned int field; /* index into descriptor->fields */
        enum ekiden_member_kind kind;
        enum ekiden_member_room room;
        unsigned int flags; /* of enum ekiden_member_flag */
        size_t offset; /* bytes, in the struct */
        size_t size; /* bytes of one value, of a pointer where that is one; BITS: width in bits */
        size_t capacity; /* FIXED: values */
        size_t length_offset, length_size; /* of the member that counts values; size 0: none */
        unsigned int length_flags; /* EKIDEN_MEMBER_SIGNED */
        size_t capacity_offset,
                capacity_size; /* POINTED: of the one that says for how many there
                                  is room, which is set and not read; size 0: none */
        unsigned int capacity_flags; /* EKIDEN_MEMBER_SIGNED */
        const struct ekiden_native *target; /* STRUCT, OBJECT */
        const struct ekiden_enumeration *enumeration; /* NUMBER, BITS; or NULL */
        const char *functions_name; /* FUNCTION: the table's */
        const struct ekiden_function *functions;
        int64_t (*get_bits)(const void *object);
        void (*set_bits)(void *object, int64_t value);
        const struct ekiden_choice *choice; /* of the union that it is in, or NULL */
        int64_t chosen; /* value of the discriminator at which it is in use */
        const char *arena; /* BYTES, POINTED: they lie in the arena of this name; or NULL */
};

/** Where strings, arrays and objects come from and go to: as malloc() and free(). */
struct ekiden_memory {
        void *(*allocate)(size_t size_bytes);
        void (*release)(void *memory);
};

/**
 * A struct to bytes and back in a straight line: what protoc-gen-ekiden writes for entries of
 * containers, where it can, so that the tables need not be walked. What it leaves is walked; what
 * it does is what the walk would have done.
 */
struct ekiden_native_codec {
        /* Bytes that pack() will write; EKIDEN_CODEC_LEFT (<ekiden/codec.h>). */
        size_t (*size)(const void *object);
        /* Behind size(), which left nothing. Returns the end of what it wrote. */
        uint8_t *(*pack)(const void *object, uint8_t *out);
        /* Into a struct whose bound members are zero: 1; 0: it is left; or EKIDEN_ENOMEM. Unless it
           is 1, members may be set, and hold what is freed as a struct is that was imported. */
        int (*unpack)(const uint8_t *data, size_t size, void *object,
                      const struct ekiden_memory *memory);
        /* Prefetches what the struct's pointers lead to; NULL: it has none. */
        void (*prefetch)(const void *object);
        /* Bytes of a struct that a record fits into, for unpack() of that record;
           EKIDEN_CODEC_LEFT. NULL: the struct's own size, as it has no flexible array. */
        size_t (*room)(const uint8_t *data, size_t size);
};

/** A C struct and the message type that it is bound to. */
struct ekiden_native {
        const char *name; /* "struct foo" */
        const ProtobufCMessageDescriptor *descriptor;
        size_t size; /* bytes */
        const struct ekiden_member *members; /* in the order of their fields */
        size_t member_count;
        const struct ekiden_memory *memory;
        void *(*create)(void); /* makes one; NULL: zeroed, from `memory` */
        void (*destroy)(void *object); /* NULL: memory->release */
        const struct ekiden_native_codec *codec; /* NULL: it is walked */
};

/** All of a schema's. */
struct ekiden_natives {
        const struct ekiden_schema *schema;
        const struct ekiden_native *const *by_item; /* as many as schema->items; NULL: not bound */
};

/** What a program's table of functions has. */
enum ekiden_container_part {
        EKIDEN_CONTAINER_SCAN = 1 << 0,
        EKIDEN_CONTAINER_REMOVE = 1 << 1,
        EKIDEN_CONTAINER_RESERVE = 1 << 2,
        EKIDEN_CONTAINER_PREFETCH = 1 << 3,
        /* For ekiden_container_check() only: */
        EKIDEN_CONTAINER_NEXT = 1 << 4,
        EKIDEN_CONTAINER_INSERT = 1 << 5,
        EKIDEN_CONTAINER_FIND = 1 << 6,
};

/** Entries that `scan` is asked for at a time, at least. */
#define EKIDEN_SCAN_ROOM 64

/**
 * A program's own container of structs. The generated code fills it; `functions` is the typed table
 * that the program gave to the generated function.
 */
struct ekiden_container {
        /* How many entries there are; UINT64_MAX: not known. Asked for in an update point while the
           program serves, too: it must be cheap. */
        uint64_t (*count)(const void *functions, void *data);
        /* The entry after `previous`, or the first where that is NULL; NULL: no more. An entry is
           the program's own memory, and stays where it is until the update point returns. It is
           given once: another time refuses the upgrade, where the type has an identity or the entry
           is `previous` itself; other circles nobody sees. */
        void *(*next)(const void *functions, void *previous, struct ekiden_cursor *cursor,
                      void *data);
        /* Takes an entry over, and replaces one with the same key: 0; or EKIDEN_EREFUSED (what
           ekiden_cursor_refuse() returns) or EKIDEN_ENOMEM: then it stays the library's, which
           frees it. Entries that point to objects, or are pointed to, come when all of the item has
           come, in the order in which they were sent. One of those that is replaced must be freed
           no sooner than at the first update point: pointers in it, and to it, may still be set. */
        int (*insert)(const void *functions, void *entry, struct ekiden_cursor *cursor, void *data);
        /* Takes an entry out again that was inserted in an upgrade that failed, the last one first:
           true, and the library frees it. NULL, or false: it stays the program's, and so does what
           it points to. One that was replaced and freed is not asked for: the library looks first
           at what `scan` or `next` gives. One that was replaced and kept, as it has to do with
           objects, is not there any more, and the answer is false. */
        bool (*remove)(const void *functions, void *entry, void *data);
        /* Which of the optional ones `functions` has (enum ekiden_container_part); NULL: those that
           are not NULL here. */
        unsigned int (*parts)(const void *functions);
        /* Gives some entries from `position` on, 0 being the beginning, and returns where to go on:
           0 at the end, else a position that is not the one it was given. In place of `next`, which
           may be NULL then. As many as there is room for, which is for EKIDEN_SCAN_ROOM at least,
           or fewer; none is not the end. Where more lie together than there is room for, and can
           be given at once only, as the bucket of a hash table: it says how many, which is more
           than `room`, and is called again with the same position, and room for as many; 1,048,576
           at most, or the upgrade fails. What is in the container throughout is given at least
           once, whatever is inserted, removed or rehashed between two calls (the promise of Redis's
           SCAN), and exactly once where nothing changes. NULL: there is `next`. */
        uint64_t (*scan)(const void *functions, uint64_t position, void **entries, size_t room,
                         size_t *ret_count, void *data);
        /* So many entries are about to come, those that are there already not among them. A hint,
           which the library made smaller where the other process says more than it has sent: it is
           given again as they come, of those that are missing. Of an item that is sent ahead it
           comes once, before the first record. Of the first item of all others that is fetched
           it comes while the other process serves still, if that has a `count`: memory that is
           touched here takes none of the pause, and the library does so with that of the entries.
           They may not come after all. NULL: nothing can be made ready but the memory of entries.
           0, or EKIDEN_ENOMEM, upon which they are inserted all the same. */
        int (*reserve)(const void *functions, uint64_t count, void *data);
        /* `entry` will be inserted soon: a chance to prefetch the place where it belongs, by
           __builtin_prefetch() or the like; nothing may be changed. NULL: there is nothing to do.
         */
        void (*prefetch)(const void *functions, const void *entry, void *data);
        /* The entry with this key, or NULL. For sending ahead, on both sides. */
        void *(*find)(const void *functions, const struct ekiden_key *key, void *data);
};

/**
 * Tags a singleton that is a struct of the program's. Generated code calls it.
 *
 * @param item     of the schema given to ekiden_start()
 * @param natives  of that schema; static
 * @param state    the struct that the item's message is bound to; valid until ekiden_untag(). After
 *                 EKIDEN_RESUMED what it points to was allocated as the schema says and belongs to
 *                 the program; what it pointed to before is not freed, and members that the schema
 *                 ignores are as they were. On failure it is as it was. Pointers to objects that
 *                 later items bring are NULL, or lead to zeroed objects, until those are tagged; so
 *                 what was taken over is neither freed nor moved before the first update point,
 *                 which refuses the upgrade if one of them has not come
 * @return as in <ekiden/tag.h>; EINVAL also: tables of another schema, or a flexible array member
 */
int ekiden_tag_native(const struct ekiden_item *item, const struct ekiden_natives *natives,
                      void *state);

/**
 * Looks whether a container has the functions that its item cannot do without: `insert`, and `next`
 * or `scan`; where it is sent ahead `scan`, `find`, `remove` and `insert`. Generated code calls it
 * before it tags the item. What is missing is named in the log, as an error.
 *
 * @param item   any
 * @param parts  a set of enum ekiden_container_part; 0 also where there is no table of functions
 * @return 0 or EINVAL
 */
int ekiden_container_check(const struct ekiden_item *item, unsigned int parts);

/**
 * Tags a stream whose records are structs in a container of the program's. Generated code calls it.
 *
 * @param container  static
 * @param functions  passed to the container's functions; static
 * @param data       passed to the container's functions; valid until ekiden_untag()
 * @return as in <ekiden/tag.h>; EINVAL also: tables of another schema, or no `insert`, or neither
 *         `next` nor `scan`
 */
int ekiden_tag_container(const struct ekiden_item *item, const struct ekiden_natives *natives,
                         const struct ekiden_container *container, const void *functions,
                         void *data);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

/*
 * What follows asks the compiler about members, for the tables. `Struct` is a type as C writes it,
 * `member` a member or a path to one.
 */

#ifdef __cplusplus
#define EKIDEN_STATIC_ASSERT static_assert
#define EKIDEN_TYPE_OF(lvalue) std::remove_reference<decltype(lvalue)>::type
template <typename Type, bool is_enum = std::is_enum<Type>::value> struct ekiden_is_signed {
        static constexpr bool value = std::is_signed<Type>::value;
};
template <typename Type> struct ekiden_is_signed<Type, true> {
        static constexpr bool value =
                std::is_signed<typename std::underlying_type<Type>::type>::value;
};
#define EKIDEN_LVALUE_IS_POINTER(lvalue) (std::is_pointer<EKIDEN_TYPE_OF(lvalue)>::value)
#define EKIDEN_LVALUE_IS_ARRAY(lvalue) (std::is_array<EKIDEN_TYPE_OF(lvalue)>::value)
#define EKIDEN_LVALUE_IS_FLOATING(lvalue) (std::is_floating_point<EKIDEN_TYPE_OF(lvalue)>::value)
#define EKIDEN_LVALUE_IS_NUMBER(lvalue)                       \
        (std::is_arithmetic<EKIDEN_TYPE_OF(lvalue)>::value || \
         std::is_enum<EKIDEN_TYPE_OF(lvalue)>::value)
#define EKIDEN_LVALUE_IS_SIGNED(lvalue) (ekiden_is_signed<EKIDEN_TYPE_OF(lvalue)>::value)
#define EKIDEN_BITS_TYPE(lvalue) EKIDEN_TYPE_OF(lvalue)
#define EKIDEN_BITS_ARE_SIGNED(lvalue) EKIDEN_LVALUE_IS_SIGNED(lvalue)
#define EKIDEN_IS_UNION(Struct) (std::is_union<Struct>::value)
#define EKIDEN_LVALUE_IS_BOOL(lvalue) \
        (std::is_same<std::remove_cv<EKIDEN_TYPE_OF(lvalue)>::type, bool>::value)
#else
#define EKIDEN_STATIC_ASSERT _Static_assert
/* The types of __builtin_classify_type(), which gcc and clang share (gcc's typeclass.h). */
#define EKIDEN_CLASS_POINTER 5
#define EKIDEN_CLASS_FLOATING 8
/* An array becomes a pointer behind a comma; nothing else changes there. */
#define EKIDEN_LVALUE_IS_ARRAY(lvalue) \
        (!__builtin_types_compatible_p(__typeof__(lvalue), __typeof__(((void)0, lvalue))))
#define EKIDEN_LVALUE_IS_POINTER(lvalue) \
        (__builtin_classify_type(lvalue) == EKIDEN_CLASS_POINTER && !EKIDEN_LVALUE_IS_ARRAY(lvalue))
#define EKIDEN_LVALUE_IS_FLOATING(lvalue) (__builtin_classify_type(lvalue) == EKIDEN_CLASS_FLOATING)
#define EKIDEN_LVALUE_IS_NUMBER(lvalue)                            \
        (__builtin_classify_type(lvalue) < EKIDEN_CLASS_POINTER || \
         EKIDEN_LVALUE_IS_FLOATING(lvalue))
#define EKIDEN_LVALUE_IS_SIGNED(lvalue) ((__typeof__(lvalue))-1 < (__typeof__(lvalue))1)
/* A bit-field has a type only behind a comma; in one of 1 bit that is signed, 1 is -1. */
#define EKIDEN_BITS_TYPE(lvalue) __typeof__(((void)0, lvalue))
#define EKIDEN_BITS_ARE_SIGNED(lvalue) \
        ((EKIDEN_BITS_TYPE(lvalue)) - 1 <= (EKIDEN_BITS_TYPE(lvalue))0)
#define EKIDEN_CLASS_UNION 13
#define EKIDEN_IS_UNION(Struct) (__builtin_classify_type(*(Struct *)0) == EKIDEN_CLASS_UNION)
#define EKIDEN_LVALUE_IS_BOOL(lvalue) __builtin_types_compatible_p(__typeof__(lvalue), _Bool)
#endif

#define EKIDEN_LVALUE(Struct, member) (((Struct *)0)->member)
#define EKIDEN_ELEMENT(Struct, member) (((Struct *)0)->member[0])
#define EKIDEN_IS_POINTER(Struct, member) EKIDEN_LVALUE_IS_POINTER(EKIDEN_LVALUE(Struct, member))
#define EKIDEN_IS_ARRAY(Struct, member) EKIDEN_LVALUE_IS_ARRAY(EKIDEN_LVALUE(Struct, member))

#define EKIDEN_NUMBER_FLAGS(lvalue)                                                        \
        ((EKIDEN_LVALUE_IS_FLOATING(lvalue) ? (unsigned int)EKIDEN_MEMBER_FLOATING : 0u) | \
         (EKIDEN_LVALUE_IS_SIGNED(lvalue) ? (unsigned int)EKIDEN_MEMBER_SIGNED : 0u) |     \
         (EKIDEN_LVALUE_IS_BOOL(lvalue) ? (unsigned int)EKIDEN_MEMBER_BOOL : 0u))
#define EKIDEN_INDIRECT_FLAG(lvalue) \
        (EKIDEN_LVALUE_IS_POINTER(lvalue) ? (unsigned int)EKIDEN_MEMBER_INDIRECT : 0u)
#define EKIDEN_ARRAY_ROOM(Struct, member) \
        (EKIDEN_IS_POINTER(Struct, member) ? EKIDEN_ROOM_POINTED : EKIDEN_ROOM_FIXED)
#define EKIDEN_ARRAY_CAPACITY(Struct, member)                                              \
        (EKIDEN_IS_POINTER(Struct, member) ? 0                                             \
                                           : (sizeof(EKIDEN_LVALUE(Struct, member)) + 0) / \
                                                     sizeof(EKIDEN_ELEMENT(Struct, member)))

/* The initialisers of a member's place: of one number, of several … */
#define EKIDEN_NUMBER_AT(Struct, member)                                                      \
        .room = EKIDEN_ROOM_ONE, .flags = EKIDEN_NUMBER_FLAGS(EKIDEN_LVALUE(Struct, member)), \
        .offset = offsetof(Struct, member), .size = sizeof(EKIDEN_LVALUE(Struct, member))
#define EKIDEN_NUMBERS_AT(Struct, member)                                                   \
        .room = EKIDEN_ARRAY_ROOM(Struct, member),                                          \
        .flags = EKIDEN_NUMBER_FLAGS(EKIDEN_ELEMENT(Struct, member)),                       \
        .offset = offsetof(Struct, member), .size = sizeof(EKIDEN_ELEMENT(Struct, member)), \
        .capacity = EKIDEN_ARRAY_CAPACITY(Struct, member)
#define EKIDEN_TEXT_AT(Struct, member)                                                         \
        .room = EKIDEN_ROOM_ONE, .flags = EKIDEN_INDIRECT_FLAG(EKIDEN_LVALUE(Struct, member)), \
        .offset = offsetof(Struct, member), .size = sizeof(EKIDEN_LVALUE(Struct, member))
#define EKIDEN_TEXTS_AT(Struct, member)                                                     \
        .room = EKIDEN_ARRAY_ROOM(Struct, member),                                          \
        .flags = EKIDEN_INDIRECT_FLAG(EKIDEN_ELEMENT(Struct, member)),                      \
        .offset = offsetof(Struct, member), .size = sizeof(EKIDEN_ELEMENT(Struct, member)), \
        .capacity = EKIDEN_ARRAY_CAPACITY(Struct, member)
#define EKIDEN_BYTES_AT(Struct, member)                                                            \
        .room = EKIDEN_ARRAY_ROOM(Struct, member), .flags = 0, .offset = offsetof(Struct, member), \
        .size = 1,                                                                                 \
        .capacity = EKIDEN_IS_POINTER(Struct, member) ? 0 : sizeof(EKIDEN_LVALUE(Struct, member))
/* … of one embedded struct or pointer to an object, and of several: which, the compiler knows. */
#define EKIDEN_MESSAGE_AT(Struct, member)                                                        \
        .kind = EKIDEN_IS_POINTER(Struct, member) ? EKIDEN_MEMBER_OBJECT : EKIDEN_MEMBER_STRUCT, \
        .room = EKIDEN_ROOM_ONE, .flags = 0, .offset = offsetof(Struct, member),                 \
        .size = sizeof(EKIDEN_LVALUE(Struct, member))
#define EKIDEN_MESSAGES_AT(Struct, member)                                                         \
        .kind = EKIDEN_LVALUE_IS_POINTER(EKIDEN_ELEMENT(Struct, member)) ? EKIDEN_MEMBER_OBJECT    \
                                                                         : EKIDEN_MEMBER_STRUCT,   \
        .room = EKIDEN_ARRAY_ROOM(Struct, member), .flags = 0, .offset = offsetof(Struct, member), \
        .size = sizeof(EKIDEN_ELEMENT(Struct, member)),                                            \
        .capacity = EKIDEN_ARRAY_CAPACITY(Struct, member)
/* … of pointers to objects that other items hold … */
#define EKIDEN_REFERENCE_AT(Struct, member)                                                 \
        .kind = EKIDEN_MEMBER_OBJECT, .room = EKIDEN_ROOM_ONE,                              \
        .flags = (unsigned int)EKIDEN_MEMBER_REFERENCE, .offset = offsetof(Struct, member), \
        .size = sizeof(EKIDEN_LVALUE(Struct, member))
#define EKIDEN_REFERENCES_AT(Struct, member)                                                \
        .kind = EKIDEN_MEMBER_OBJECT, .room = EKIDEN_ARRAY_ROOM(Struct, member),            \
        .flags = (unsigned int)EKIDEN_MEMBER_REFERENCE, .offset = offsetof(Struct, member), \
        .size = sizeof(EKIDEN_ELEMENT(Struct, member)),                                     \
        .capacity = EKIDEN_ARRAY_CAPACITY(Struct, member)
/* … of a flexible array member, which has no size … */
#define EKIDEN_FLEXIBLE_NUMBERS_AT(Struct, member)                    \
        .room = EKIDEN_ROOM_FLEXIBLE,                                 \
        .flags = EKIDEN_NUMBER_FLAGS(EKIDEN_ELEMENT(Struct, member)), \
        .offset = offsetof(Struct, member), .size = sizeof(EKIDEN_ELEMENT(Struct, member))
#define EKIDEN_FLEXIBLE_TEXTS_AT(Struct, member)                       \
        .room = EKIDEN_ROOM_FLEXIBLE,                                  \
        .flags = EKIDEN_INDIRECT_FLAG(EKIDEN_ELEMENT(Struct, member)), \
        .offset = offsetof(Struct, member), .size = sizeof(EKIDEN_ELEMENT(Struct, member))
#define EKIDEN_FLEXIBLE_BYTES_AT(Struct, member) \
        .room = EKIDEN_ROOM_FLEXIBLE, .flags = 0, .offset = offsetof(Struct, member), .size = 1
#define EKIDEN_FLEXIBLE_MESSAGES_AT(Struct, member)                                              \
        .kind = EKIDEN_LVALUE_IS_POINTER(EKIDEN_ELEMENT(Struct, member)) ? EKIDEN_MEMBER_OBJECT  \
                                                                         : EKIDEN_MEMBER_STRUCT, \
        .room = EKIDEN_ROOM_FLEXIBLE, .flags = 0, .offset = offsetof(Struct, member),            \
        .size = sizeof(EKIDEN_ELEMENT(Struct, member))
#define EKIDEN_FLEXIBLE_REFERENCES_AT(Struct, member)                                       \
        .kind = EKIDEN_MEMBER_OBJECT, .room = EKIDEN_ROOM_FLEXIBLE,                         \
        .flags = (unsigned int)EKIDEN_MEMBER_REFERENCE, .offset = offsetof(Struct, member), \
        .size = sizeof(EKIDEN_ELEMENT(Struct, member))
/* … of a pointer to a function, and of a bit-field of `bits` bits, which has no offset … */
#define EKIDEN_FUNCTION_AT(Struct, member)                                       \
        .room = EKIDEN_ROOM_ONE, .flags = 0, .offset = offsetof(Struct, member), \
        .size = sizeof(EKIDEN_LVALUE(Struct, member))
#define EKIDEN_BITS_AT(Struct, member, bits)                           \
        .room = EKIDEN_ROOM_ONE,                                       \
        .flags = EKIDEN_BITS_ARE_SIGNED(EKIDEN_LVALUE(Struct, member)) \
                         ? (unsigned int)EKIDEN_MEMBER_SIGNED          \
                         : 0u,                                         \
        .offset = 0, .size = (bits)
/* … of a union's discriminator … */
#define EKIDEN_CHOICE_AT(Struct, member)                                                   \
        .offset = offsetof(Struct, member), .size = sizeof(EKIDEN_LVALUE(Struct, member)), \
        .flags = EKIDEN_NUMBER_FLAGS(EKIDEN_LVALUE(Struct, member))
/* … of the member that counts them … */
#define EKIDEN_LENGTH_AT(Struct, member)                      \
        .length_offset = offsetof(Struct, member),            \
        .length_size = sizeof(EKIDEN_LVALUE(Struct, member)), \
        .length_flags = EKIDEN_NUMBER_FLAGS(EKIDEN_LVALUE(Struct, member))
/* … and of the one that says for how many there is room. */
#define EKIDEN_CAPACITY_AT(Struct, member)                      \
        .capacity_offset = offsetof(Struct, member),            \
        .capacity_size = sizeof(EKIDEN_LVALUE(Struct, member)), \
        .capacity_flags = EKIDEN_NUMBER_FLAGS(EKIDEN_LVALUE(Struct, member))
/* Sets a bit-field; what does not fit is cut off, and the compiler is not to warn of that. */
#define EKIDEN_SET_BITS(Struct, object, member, value)                            \
        do {                                                                      \
                _Pragma("GCC diagnostic push");                                   \
                _Pragma("GCC diagnostic ignored \"-Wconversion\"");               \
                ((Struct *)(object))->member =                                    \
                        (EKIDEN_BITS_TYPE(EKIDEN_LVALUE(Struct, member)))(value); \
                _Pragma("GCC diagnostic pop");                                    \
        } while (0)
/* The type of a member, for what is embedded without a name of its own. */
#define EKIDEN_TYPE(Struct, member) __typeof__(EKIDEN_LVALUE(Struct, member))
