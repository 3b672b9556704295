/* SPDX-License-Identifier: MIT */
/* What the command line asks for. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "memory.h"

enum action {
        ACTION_CHECK,
        ACTION_DIFF,
        ACTION_FREEZE,
        ACTION_VERIFY,
        ACTION_IMPORT,
};

struct strings {
        const char **list;
        size_t count, size;
};

struct options {
        struct ek_memory *arena;
        enum action action;
        struct strings files; /* schemas or, of import, the one header */
        struct strings include_dirs; /* of -I, in order */
        struct strings defines; /* of -D: "NAME" or "NAME=VALUE" */
        struct strings structs; /* of --struct */
        const char *lock; /* the lock file */
        const char *program; /* of --program, or NULL */
        uint32_t version; /* of --schema-version, or 1 */
        const char *output; /* of --output, or NULL: stdout */
        bool json;
};

/** Reads it. Ends the program where it is not valid, or asks for help only. */
void options_parse(int argc, char **argv, struct ek_memory *arena, struct options *ret_options);
