/* SPDX-License-Identifier: MIT */
/*
 * Every rule that a schema must keep, each with a sentence that says what to do. What protoc
 * itself refuses is not looked at again.
 */
#pragma once

#include "binding.h"
#include "problem.h"
#include "tables.h"

/** All rules, for the schemas of a request. */
void ek_validate(struct ek_schema *schemas, size_t count, struct ek_problems *problems);

/** Rules for the messages that are declared in the schema, and for those that items reach. */
void ek_validate_messages(struct ek_schema *schema, struct ek_problems *problems);

/** Rules for one item's key, and for what its records may hold. */
void ek_validate_key(const struct ek_item *item, struct ek_problems *problems);
void ek_validate_records(struct ek_schema *schema, const struct ek_item *item,
                         struct ek_problems *problems);

/** Rules for an item that is sent ahead. */
void ek_validate_ahead(struct ek_schema *schema, const struct ek_item *item,
                       struct ek_problems *problems);

/** Rules for fields whose changes are not told of. */
void ek_validate_untold(const struct ek_message *message, struct ek_problems *problems);

/** Rules for a message's identity, and for references to others'. */
void ek_validate_identities(const struct ek_message *message, struct ek_problems *problems);

/** Objects go by the names of their messages: no two may be the same, nor an item's. */
void ek_validate_objects(const struct ek_schema *schema, struct ek_problems *problems);

/** Rules for what the file's program option says of bindings. */
void ek_validate_program_binding(const struct ek_file *file, struct ek_problems *problems);

/** Rules for how a message is bound to a struct, if it is. */
void ek_validate_binding(const struct ek_schema *schema, struct ek_message *message,
                         struct ek_problems *problems);
void ek_validate_bound_field(const struct ek_schema *schema, const struct ek_binding *binding,
                             const struct ek_bound_field *bound, struct ek_problems *problems);
void ek_validate_unbound_field(const struct ek_message *message, const struct ek_field *field,
                               struct ek_problems *problems);

/** Rules for the constants that an enum's values are bound to. */
void ek_validate_enum(const struct ek_enum *type, struct ek_problems *problems);

/** A message of the schema's that is bound must be held by an item that is. */
void ek_validate_bound_used(const struct ek_schema *schema, struct ek_problems *problems);

/** Whether a text is an integer, or may be the name of a constant of C. */
bool ek_validate_is_constant(const char *text);

/** No two C names that protoc-c makes of the schema may be the same. */
void ek_validate_names(struct ek_schema *schema, struct ek_problems *problems);

/** No two members of a message's struct may be the same, and none a word of C. */
void ek_validate_members(struct ek_memory *arena, const struct ek_message *message,
                         struct ek_problems *problems);

/** No two names that we write ourselves may be the same. */
void ek_validate_output(const struct ek_schema *schema, struct ek_problems *problems);

/** Says so if an option did not decode as it should. */
void ek_validate_option(const struct ek_option *option, const char *name,
                        const struct ek_place *place, struct ek_problems *problems);
