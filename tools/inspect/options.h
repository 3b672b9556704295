/* SPDX-License-Identifier: MIT */
/* What was asked for. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum action {
        ACTION_LIST,
        ACTION_SHOW, /* the records of one item, or all of one identity */
        ACTION_DIFF,
        ACTION_REHEARSE, /* whether a binary could take it over */
};

struct options {
        enum action action;
        const char *file;
        const char *other; /* ACTION_DIFF: the second file */
        const char *item; /* of ACTION_SHOW, or the only one of ACTION_DIFF; NULL: all */
        const char *key; /* ACTION_SHOW: only the record of this key; NULL: all */
        bool has_identity;
        uint64_t identity; /* ACTION_SHOW: only what has this identity, in all items or in one */
        uint64_t head; /* ACTION_SHOW: so many at most */
        const char *binary; /* ACTION_REHEARSE */
        char **arguments; /* of the binary, those after "--", borrowed from argv */
        size_t argument_count;
        uint32_t timeout_ms; /* ACTION_REHEARSE; 0: not given */
        bool json, show_secrets;
};

/** Reads the command line. Prints, and exits with 64, when it cannot be understood; --help and
 *  --version print and exit with 0. */
void options_parse(int argc, char **argv, struct options *ret_options);
