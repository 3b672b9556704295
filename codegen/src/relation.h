/* SPDX-License-Identifier: MIT */
/*
 * What a schema says of its relation to the version before: `was`, `changed`, `dropped`,
 * `looks_up`, and which field is an identity. The options are read here and nowhere else.
 */
#pragma once

#include "schema.h"

/** The message's name without its file's package: "Outer.Peer". */
const char *ek_relation_name(const struct ek_message *message);

/** The same of an enum. */
const char *ek_relation_enum_name(struct ek_memory *arena, const struct ek_enum *type);

/** Whether the item is one of objects: what pointers point to, under its message's name. */
bool ek_relation_is_objects(const struct ek_item *item);

/** The name in the version before, or NULL: the same. */
const char *ek_relation_item_was(struct ek_memory *arena, const struct ek_item *item);
const char *ek_relation_message_was(struct ek_memory *arena, const struct ek_message *message);
const char *ek_relation_field_was(const struct ek_field *field);
const char *ek_relation_value_was(struct ek_memory *arena,
                                  const Google__Protobuf__EnumValueDescriptorProto *value);

/** Whether the message's meaning changed, though its fields may not have. */
bool ek_relation_is_changed(struct ek_memory *arena, const struct ek_message *message);

/** Names of items of the version before that the item looks up; *ret_count of them. */
char **ek_relation_looks_up(const struct ek_item *item, size_t *ret_count);

/** Names of items of the version before that end with it; *ret_count of them. */
char **ek_relation_dropped(const struct ek_schema *schema, size_t *ret_count);

/** Whether the field tells objects apart. */
bool ek_relation_is_identity(const struct ek_field *field);

/** The field of the message that does, or NULL. */
const struct ek_field *ek_relation_identity(const struct ek_message *message);

/** Whether the message says that a field's number is not to be used. */
bool ek_relation_is_reserved(const struct ek_message *message, uint32_t number);
