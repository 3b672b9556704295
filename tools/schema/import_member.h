/* SPDX-License-Identifier: MIT */
/* A member on its way to become a field: what import_member.c, import_count.c and import_field.c
 * share. */
#pragma once

#include "import.h"

/* What counts an array or says what is in use of a union, and so has no field of its own. */
struct import_count {
        const char *name, *path;
        const char *role; /* "the count of \"bars\"" */
        const char *union_path; /* of the union whose members may have it together, or NULL */
        const char *pointer; /* whose elements it counts, where nothing says how many there is room
                                for; or NULL */
        const char *beside; /* the path before that pointer's name */
        struct import_count *next;
};

/* A struct or union on the way down from the message's own. */
struct import_level {
        const struct import_level *above; /* or NULL */
        struct import *import;
        struct import_message *message;
        CXType type;
        const char *path; /* before each member's name: "peer." */
        const char *union_path; /* the members are those of a union, this one; or NULL */
        struct import_oneof *oneof; /* that they are in; NULL while counts are collected */
        struct import_count **counts;
        bool collects; /* the first time through: to learn what counts */
};

struct import_member {
        struct import_level *level;
        CXCursor cursor, place;
        CXType type; /* canonical */
        const char *name, *path;
        struct annotations annotations;
        struct import_field field;
        bool failed;
};

/** Tells what is wrong with it: `member "x" …`. */
void import_member_fault(struct import_member *member, const char *sentence);

/** Whether a type has a tag, or a typedef's name. */
bool import_is_named(CXType type);

/** Makes it a field of its message. */
void import_member_field(struct import_member *member);

/** Notes the members that its annotations name: they have no fields of their own. */
void import_count_note(struct import_member *member);

/** Gives notice of an integer that may be the room of an array beside it, by its name. */
void import_count_suspect(const struct import_member *member);

/** What a member of this path counts, or NULL. */
const struct import_count *import_count_find(const struct import_level *level, const char *path);

/** The path to the member that another one names, found beside it or above. */
const char *import_count_path(const struct import_level *level, const char *name);
