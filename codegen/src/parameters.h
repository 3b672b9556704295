/* SPDX-License-Identifier: MIT */
/*
 * What is asked of the generator: the words before the ':' of --ekiden_out=WORDS:DIR.
 */
#pragma once

#include <stdbool.h>

#include "memory.h"

enum ek_output {
        EK_OUTPUT_SCHEMA, /* no word: what goes with each schema */
        EK_OUTPUT_HOP, /* "hop", or "downgrade" alone */
        EK_OUTPUT_SCAFFOLD, /* "scaffold" */
};

struct ek_parameters {
        enum ek_output output;
        bool downgrade; /* the way back */
};

/** Reads the words, with ',' between them; `text` may be NULL. Returns NULL, or what is wrong. */
char *ek_parameters_read(struct ek_parameters *ret_parameters, struct ek_memory *arena,
                         const char *text);
