/* SPDX-License-Identifier: MIT */
/* Fields that are more than their protobuf type: finding the descriptors in a message. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <ekiden/schema.h>

/** What the tables say of descriptor->fields[index]; NULL: no more than protobuf does. `type` may
   be NULL. */
const struct ekiden_field *ek_message_field(const struct ekiden_message *type, unsigned int index);

/** Initialises a message to its type's defaults, descriptor fields to -1. */
void ek_record_init(const struct ekiden_message *type, ProtobufCMessage *message);

/**
 * Visits each descriptor field that is present, in field order, sub-messages included.
 *
 * @param visit  may change *value; what it returns if negative ends the walk
 * @return 0, the visitor's error, or EKIDEN_ELIMIT for messages nested over 100 deep
 */
int ek_each_descriptor(const struct ekiden_message *type, ProtobufCMessage *message,
                       int (*visit)(void *data, int32_t *value), void *data);

/** As ek_each_descriptor(), for a message just unpacked: sets those that are absent to -1. */
int ek_resolve_descriptors(const struct ekiden_message *type, ProtobufCMessage *message,
                           int (*visit)(void *data, int32_t *value), void *data);

/** Only sets those that are absent to -1. */
void ek_reset_absent_descriptors(const struct ekiden_message *type, ProtobufCMessage *message);

/** The table of a message type among those that `type` leads to, or NULL: it has no such fields. */
const struct ekiden_message *ek_message_find(const struct ekiden_message *type,
                                             const ProtobufCMessageDescriptor *descriptor);

/**
 * Visits each field that is present and lies in an arena, in field order, sub-messages included.
 *
 * @param visit  may change *bytes; what it returns if negative ends the walk
 * @return as ek_each_descriptor()
 */
int ek_each_in_arena(const struct ekiden_message *type, ProtobufCMessage *message,
                     int (*visit)(void *data, const char *arena, ProtobufCBinaryData *bytes),
                     void *data);

/** Whether a message of this type may have such a field, or lead to one that has. */
bool ek_message_has_arenas(const struct ekiden_message *type);

/** Calls `visit` with the name of each arena that such fields are in, some more than once: the
   first that is negative, or 0. */
int ek_each_arena(const struct ekiden_message *type, int (*visit)(void *data, const char *arena),
                  void *data);

/** Makes what may be older in a successor absent, or zero where it cannot be absent. */
void ek_clear_untold(const struct ekiden_message *type, ProtobufCMessage *message);

/** Whether a message of this type may have such a field, or lead to one that has. */
bool ek_message_has_untold(const struct ekiden_message *type);

/** Whether a message of this type may have an identity, or lead to one that has. */
bool ek_message_has_objects(const struct ekiden_message *type);

/** The identity that a record carries, by its type's flagged field; false: none. */
bool ek_record_identity(const struct ekiden_message *type, const ProtobufCMessage *message,
                        uint64_t *ret_identity);

/** Sets the identity of a message; false: it has none. */
bool ek_record_identify(const struct ekiden_message *type, ProtobufCMessage *message,
                        uint64_t identity);

/** Whether a field holds anything that would be packed; a field that is required always does. */
bool ek_field_is_set(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);

/** The field of another version of the message, if it can hold the same: of one name, type and
    label, in a oneof or not; or NULL. */
const ProtobufCFieldDescriptor *ek_field_counterpart(const ProtobufCFieldDescriptor *field,
                                                     const ProtobufCMessageDescriptor *other);

/** Whether two values of one type are the same, as protobuf-c keeps them: text and bytes by what is
    in them, floating point bit by bit; not for messages. */
bool ek_values_are_same(ProtobufCType type, const void *a, const void *b);

/** Whether nothing but the identity is set: it stands for the object. */
bool ek_record_is_stub(const struct ekiden_message *type, const ProtobufCMessage *message);
