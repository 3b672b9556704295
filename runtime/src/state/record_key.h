/* SPDX-License-Identifier: MIT */
/* The key of a record, apart from the message that it is in: as the generated find() takes it. */
#pragma once

#include <stdbool.h>

#include <ekiden/ahead.h>

/** The field of a message type that is an item's key; NULL: it has none that could be one. */
const ProtobufCFieldDescriptor *ek_key_field(const struct ekiden_message *type,
                                             const struct ekiden_item *item);

/** Whether keys of two such fields can be compared: both are numbers, or text, or bytes. */
bool ek_key_is_alike(const ProtobufCFieldDescriptor *a, const ProtobufCFieldDescriptor *b);

/** The key of a record; one that is absent is the default. What it points to is the record's. */
struct ekiden_key ek_key_of_record(const ProtobufCFieldDescriptor *field,
                                   const ProtobufCMessage *record);

/** Sets the key of a record that holds nothing else; it borrows what the key points to. */
void ek_key_to_record(const ProtobufCFieldDescriptor *field, const struct ekiden_key *key,
                      ProtobufCMessage *record);

/** Whether two keys are the same. */
bool ek_key_equals(const struct ekiden_key *a, const struct ekiden_key *b);
