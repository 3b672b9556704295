/* SPDX-License-Identifier: MIT */
/*
 * Every rule that a schema must keep, each with a sentence that says what to do. What protoc
 * itself refuses is not looked at again.
 */
#pragma once

#include "problem.h"
#include "schema.h"

/** All rules, for the schemas of a request. */
void ek_validate(struct ek_schema *schemas, size_t count, struct ek_problems *problems);

/** Rules for the messages that are declared in the schema, and for those that items reach. */
void ek_validate_messages(struct ek_schema *schema, struct ek_problems *problems);

/** Rules for one item's key, and for what its records may hold. */
void ek_validate_key(const struct ek_item *item, struct ek_problems *problems);
void ek_validate_records(struct ek_schema *schema, const struct ek_item *item,
                         struct ek_problems *problems);

/** No two C names that protoc-c makes of the schema may be the same. */
void ek_validate_names(struct ek_schema *schema, struct ek_problems *problems);

/** No two members of a message's struct may be the same, and none a word of C. */
void ek_validate_members(struct ek_arena *arena, const struct ek_message *message,
                         struct ek_problems *problems);

/** No two names that we write ourselves may be the same. */
void ek_validate_output(const struct ek_schema *schema, struct ek_problems *problems);

/** Says so if an option did not decode as it should. */
void ek_validate_option(const struct ek_option *option, const char *name,
                        const struct ek_place *place, struct ek_problems *problems);
