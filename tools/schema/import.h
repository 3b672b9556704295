/* SPDX-License-Identifier: MIT */
/*
 * A C header with the annotations of <ekiden/annotate.h>, as version 1 of a schema. libclang parses
 * it; import_parse.c finds the structs, import_member.c goes through their members (of which
 * import_count.c tells what serves others), import_field.c and import_type.c find what becomes of
 * their types, import_names.c gives names, import_emit.c writes.
 */
#pragma once

#include <clang-c/Index.h>
#include <stdbool.h>
#include <stdint.h>

#include "options.h"
#include "text.h"

/* Names that are taken in one scope. */
struct import_names {
        struct ek_memory *arena;
        const char **table; /* open addressing; a power of two */
        size_t count, size;
};

struct import_enum {
        CXCursor declaration;
        const char *name, *comment;
        struct import_value {
                const char *name, *constant; /* in the schema; in C, where that is another */
                int32_t number;
        } * values;
        size_t value_count, value_size;
        struct import_enum *next;
};

struct import_oneof {
        const char *name, *discriminator, *none; /* none: NULL */
        struct import_names cases; /* values that are taken, `none` too */
};

struct import_field {
        const char *name, *comment;
        const char *scalar; /* its type, or NULL: */
        struct import_message *message;
        struct import_enum *enumeration;
        bool repeated;
        bool is_embedded; /* its message is a struct in the member, and not behind a pointer */
        CXCursor place;
        const char *path; /* the member, as C has it */
        const struct import_oneof *oneof; /* fields of one follow each other */
        const char **options; /* "zt: true" */
        size_t option_count, option_size;
};

struct import_message {
        CXCursor declaration;
        CXCursor origin; /* the member that led here, in a header that the user can change */
        bool has_origin;
        const char *name, *c_struct, *comment;
        const char *item; /* its name as an item, or NULL */
        bool stream; /* it was asked to be one */
        const char *wanted_key; /* the member that identifies its records, as asked for; or NULL */
        const struct import_field *key; /* that member's */
        bool identity; /* pointers point to it */
        bool flexible; /* its last member has no size of its own */
        struct import_field *fields;
        size_t field_count, field_size;
        const char *last_comment; /* of a field */
        struct strings ignored;
        struct import_names names;
        struct import_message *next; /* in the order of discovery */
};

struct import {
        const struct options *options;
        struct ek_memory *arena;
        CXTranslationUnit unit;
        const char *program;
        char top[512]; /* how the header begins */
        struct import_message *messages;
        struct import_enum *enums;
        struct import_names names, items;
        struct import_names told; /* lines on stderr: members are gone through twice */
        bool failed; /* something was told on stderr */
};

/* What the annotations of a member say. */
struct annotations {
        bool zt, ptr, ignore, bytes, descriptor, reference;
        const char *length, *capacity, *function, *case_value, *discriminator, *none;
};

/** Tells what is wrong at a cursor, on stderr; the same at the same place is told once. */
void import_fault(struct import *import, CXCursor at, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/** Tells, on stderr, what may be wrong at a cursor and fails nothing; once, as above. */
void import_notice(struct import *import, CXCursor at, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/** Tells that a struct of the system's headers does not cross. */
void import_refuse_system(struct import *import, const struct import_message *message,
                          CXCursor place);

/** A libclang string, in the arena; the original is disposed of. */
const char *import_string(struct import *import, CXString string);

/** Collects the annotations of a member, or of a union's declaration, into `annotations`. */
void import_annotations(struct import *import, CXCursor cursor, struct annotations *annotations);

/** Parses the header and finds the structs that are asked for. */
bool import_parse(struct import *import, CXIndex index);

/** Fills a message from its struct; may add messages and enums. */
void import_members(struct import *import, struct import_message *message);

/** The message of a struct, new or not. Returns NULL where it cannot be one, which is told. */
struct import_message *import_message(struct import *import, CXType type, CXCursor at,
                                      const struct import_message *from);

/** The enum of a type; NULL as above. `hint` names it where C does not. */
struct import_enum *import_enum(struct import *import, CXType type, CXCursor at, const char *hint);

/** The protobuf type of an arithmetic type that is no enum, or NULL. */
const char *import_number(CXType canonical);

/** What is at `at` can only be changed elsewhere: the place to tell faults of. */
CXCursor import_place(const struct import_message *message, CXCursor at);

/* Names: each takes the first that is free of it, and of what is like it. */
const char *import_name_type(struct import *import, const char *c_name);
const char *import_name_value(struct import *import, const char *constant);
const char *import_name_item(struct import *import, const char *c_name);
const char *import_name_field(struct import *import, struct import_message *message,
                              const char *path, bool repeated, bool has_presence);
const char *import_name_oneof(struct import *import, struct import_message *message,
                              const char *member);
/** Takes a name that no member may have any more. */
bool import_names_take(struct import_names *names, const char *name);

/** Writes the schema. */
void import_emit(struct import *import, struct ek_text *text);
