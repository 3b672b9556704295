/* SPDX-License-Identifier: MIT */
/*
 * Paths to members, "peer.addr.port": all that the options of a bound message name.
 */
#pragma once

#include "binding.h"

struct ek_path {
        const char *text;
        const char *role; /* "bound to field \"id\"", for a person */
        struct ek_place place; /* of the option that names it, or of the field */
        const struct ek_bound_choice *choice; /* of the field that it serves, or NULL */
        unsigned int bits; /* width of a bit-field; 0: it is none */
        int32_t declared; /* index of its field in the file; -1: it has none */
        bool flexible;
        enum ek_path_service {
                EK_PATH_VALUE = 0,
                EK_PATH_LENGTH, /* fields of one oneof may have it together, */
                EK_PATH_CAPACITY, /* and this */
        } service;
};

struct ek_paths {
        struct ek_memory *arena;
        struct ek_path *list;
        size_t count, size;
};

/** All members that are bound, count, discriminate or are ignored. */
struct ek_paths ek_paths_of(struct ek_memory *arena, const struct ek_binding *binding);

/** "", and every path that others go through, outer ones first; NULL at the end. */
const char **ek_paths_prefixes(const struct ek_paths *paths);

/** How many names a path has; "" has none. */
size_t ek_path_depth(const char *path);

/** The name at an index. */
const char *ek_path_part(struct ek_memory *arena, const char *path, size_t index);

/** Whether a path goes through `prefix`, or is in the struct itself where that is "". */
bool ek_path_is_below(const char *path, const char *prefix);

/** Splits `ignore: "flags:3"` into the path and the width of a bit-field, 0 for others; false where
 * it is neither. */
bool ek_path_ignored(struct ek_memory *arena, const char *text, const char **ret_path,
                     unsigned int *ret_bits);

/** Whether a text is a path. */
bool ek_path_is_good(const char *text);
