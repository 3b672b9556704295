/* SPDX-License-Identifier: MIT */
/*
 * Which message types get a table in the generated source, and in which order: a table comes after
 * those it points to. Only types that can hold themselves need a declaration ahead.
 */
#pragma once

#include "schema.h"

struct ek_table {
        struct ek_message *message;
        bool forward; /* it is mentioned before its turn */
};

struct ek_tables {
        struct ek_table *list;
        size_t count;
};

/** The items' own messages, and all below them that hold descriptors, identities or
 * secrets, or are secret, change untold, or lie in an arena. */
struct ek_tables ek_tables_order(const struct ek_schema *schema);

/** The messages that need a `struct ekiden_native`: those of items that are bound, and all below.
 */
struct ek_tables ek_tables_bound(const struct ek_schema *schema);

/** The messages that records can hold, and the items' own. */
struct ek_tables ek_tables_all(const struct ek_schema *schema);

/** Whether a field has an entry in its message's table. */
bool ek_tables_field(const struct ek_field *field);

/** What a message's table is called: NAME__message, and NAME__fields. */
const char *ek_tables_name(const struct ek_schema *schema, const struct ek_message *message);
