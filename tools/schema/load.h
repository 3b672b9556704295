/* SPDX-License-Identifier: MIT */
/*
 * Schemas as the generator sees them: protoc reads the files, and the generator's own model and
 * rules are built of what it says.
 */
#pragma once

#include "options.h"
#include "schema.h"

struct loaded {
        struct ek_model model;
        struct ek_schema *schemas; /* as many as files, in their order: sorted, with fingerprints */
        size_t count;
};

/**
 * Loads the schemas that the command line names. What is wrong with them goes to stderr, in the
 * generator's own words.
 *
 * @return 0; STATUS_FAULT where they are not valid; STATUS_SYSTEM where protoc could not be run
 */
int load_schemas(const struct options *options, struct loaded *ret_loaded);

/** Where a schema says which program and version it is. */
struct ek_place load_program_place(const struct ek_schema *schema);
