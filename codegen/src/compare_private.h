/* SPDX-License-Identifier: MIT */
/* What the files of the comparison share. */
#pragma once

#include "compare.h"
#include "relation.h"

/** What a thing of the newer schema was called in the older one; `was` may be NULL. */
const char *ek_compare_older_name(const char *was, const char *name);

/** The pair of two message types, made where there is none; it is compared when its turn comes. */
struct ek_message_pair *ek_compare_pair(struct ek_comparison *comparison, struct ek_message *from,
                                        struct ek_message *to);

/** The pair of two enums, made and compared where there is none. */
struct ek_enum_pair *ek_compare_enums(struct ek_comparison *comparison, const struct ek_enum *from,
                                      const struct ek_enum *to);

/** Fills the items, and makes the pairs that they begin with. */
void ek_compare_items(struct ek_comparison *comparison);

/** Fills a pair's fields, and makes the pairs that they lead to. */
void ek_compare_fields(struct ek_comparison *comparison, struct ek_message_pair *pair);

/** Whether a message type of the one schema is one of the other, by name or `was`. */
bool ek_compare_is_match(const struct ek_comparison *comparison, const struct ek_message *from,
                         const struct ek_message *to);

/** Whether a file has a message of this name. */
bool ek_compare_has_message(const struct ek_file *file, const char *name);

/** How a value of the one field becomes one of the other, and what that makes of absent ones. */
void ek_compare_values(struct ek_comparison *comparison, struct ek_field_pair *field);

/** Whether absent values of the fields mean different things. */
bool ek_compare_defaults_differ(const struct ek_comparison *comparison,
                                const struct ek_field_pair *field);

/** Whether the field may be absent. */
bool ek_compare_may_be_absent(const struct ek_field *field);

/** "optional int32 port = 2". */
const char *ek_compare_field_text(struct ek_memory *arena, const struct ek_field *field);

/** A text as protoc writes the default of bytes; `all`: what is not ASCII escaped, too. */
const char *ek_compare_escaped(struct ek_memory *arena, const char *text, bool all);

/** A field's default on one line, whatever is in it; NULL: it has none. */
const char *ek_compare_default_text(struct ek_memory *arena, const struct ek_field *field);

/** "optional int32". */
const char *ek_compare_type_text(struct ek_memory *arena, const struct ek_field *field);

/** Adds that the user's function for a pair and the one that looks up an item have one name. */
void ek_compare_note_clash(struct ek_comparison *comparison, const struct ek_message_pair *pair,
                           const struct ek_item *item);

/** Takes out what is beside the point: what would become of that which is broken. */
void ek_compare_settle(struct ek_comparison *comparison);

/** Adds a difference without texts; NULL for a place that there is none of. */
struct ek_difference *ek_compare_note(struct ek_comparison *comparison, enum ek_severity severity,
                                      const struct ek_place *from, const struct ek_place *to,
                                      const char *subject, const char *sentence,
                                      const char *action);
