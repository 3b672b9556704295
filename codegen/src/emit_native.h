/* SPDX-License-Identifier: MIT */
/*
 * What the files that write NAME.native.[ch] share.
 */
#pragma once

#include "binding.h"
#include "emit.h"
#include "tables.h"

/** Assertions that each member is what its field needs. */
void ek_emit_native_asserts(struct ek_text *out, const struct ek_binding *binding);

/** Assertions that each byte of the struct, the file's `number`th, is bound, ignored or padding. */
void ek_emit_native_covered(struct ek_text *out, const struct ek_binding *binding, size_t number);

/** The table of members, and what it points to; `table` is what names begin with. */
void ek_emit_native_members(struct ek_text *out, const struct ek_schema *schema,
                            const struct ek_binding *binding, const char *table);

/* Which messages get straight-line marshallers: marks of theirs. */
struct ek_codecs {
        unsigned int possible, wanted;
};

/** Decides that; until the next walk over types. `tables` are those of all bound messages. */
struct ek_codecs ek_codecs_of(const struct ek_schema *schema, const struct ek_tables *tables);

/** A struct's marshallers, if it gets any; true: it is an entry, and TABLE__codec is there. */
bool ek_emit_native_codec(struct ek_text *out, const struct ek_schema *schema,
                          const struct ek_codecs *codecs, const struct ek_binding *binding,
                          const char *table);

/* Of an item that is sent ahead; nothing for others (emit_native_ahead.c): */

/** find() in the table of the program's functions, … */
void ek_emit_native_find_member(struct ek_text *out, const struct ek_item *item,
                                const char *c_struct);

/** … the function that the library calls in place of it, … */
void ek_emit_native_find(struct ek_text *out, const struct ek_schema *schema,
                         const struct ek_item *item);

/** … and the line that names that in the container. */
const char *ek_emit_native_find_entry(struct ek_memory *arena, const struct ek_schema *schema,
                                      const struct ek_item *item);

/** The function that tells of a change. */
void ek_emit_native_touch(struct ek_text *out, const struct ek_schema *schema,
                          const struct ek_item *item);

/** Whether a field can be the key of such an item. */
bool ek_emit_native_is_key(const struct ek_field *field);

/** "shop_v1.proto:23", for a person to read. */
const char *ek_emit_native_place(struct ek_memory *arena, const struct ek_place *place);

/** "Session.id", likewise. */
const char *ek_emit_native_field_name(struct ek_memory *arena, const struct ek_field *field,
                                      const struct ek_message *message);

/** The functions that lead to a program's container, and the one that tags item `index` with it. */
void ek_emit_native_container(struct ek_text *out, const struct ek_schema *schema, size_t index);
