/* SPDX-License-Identifier: MIT */
/*
 * Messages as people and programs read them: protobuf's text format, and its JSON mapping. What the
 * schema marks as secret is "(secret)" in both, however often it is there.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include <ekiden/schema.h>

#include <json-c/json.h>

#include "../src/text.h"

#define PRINT_SECRET "(secret)"
#define PRINT_OTHER_SECRET "(secret, another one)"

/* How messages are printed; borrowed while they are. */
struct print {
        bool show_secrets;
        enum text_allowed allowed; /* what may stand in text unescaped */
        const char *const *descriptors; /* what those of the record are, by their number from 1 */
        size_t descriptor_count;
};

/**
 * Prints a message in protobuf's text format (protobuf.dev, "Text Format Language"), a field a
 * line. A descriptor is "#1" and what it was; fields that the schema does not have come as
 * comments.
 *
 * @param type    the message's table
 * @param indent  columns before each line
 */
void print_text(const struct print *print, FILE *out, const struct ekiden_message *type,
                const ProtobufCMessage *message, int indent);

/**
 * A message as its JSON mapping has it (protobuf.dev, "ProtoJSON Format"), fields by the names that
 * they have in the schema. A descriptor is what it was, in words, or null. NULL when memory ran
 * out.
 */
struct json_object *print_json(const struct print *print, const struct ekiden_message *type,
                               const ProtobufCMessage *message);

/** One value of a field, secret or not. NULL when memory ran out. */
struct json_object *print_json_value(const struct print *print, const struct ekiden_field *entry,
                                     const ProtobufCFieldDescriptor *field, const void *value);

/** One value of a field on one line, a message without its fields' lines. As print_text(). */
void print_value(const struct print *print, FILE *out, const struct ekiden_field *entry,
                 const ProtobufCFieldDescriptor *field, const void *value);

/** What stands between the quotes of a string or bytes in text format. */
void print_escaped(FILE *out, const uint8_t *bytes, size_t size_bytes, enum text_allowed allowed);

/** How many values a field has, and the first: one, or those of an array. */
const void *print_values(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                         size_t *ret_count);

/** Whether what a field holds is not to be shown. `entry` may be NULL. */
bool print_is_secret(const struct print *print, const struct ekiden_field *entry);
