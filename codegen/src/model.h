/* SPDX-License-Identifier: MIT */
/*
 * The files of a request as plain structs with every name resolved. It holds what protoc said; what
 * of that a schema may say is for validate.h.
 */
#pragma once

#include <stdbool.h>

#include "google/protobuf/compiler/plugin.pb-c.h"
#include "memory.h"
#include "options.h"
#include "problem.h"
#include "source.h"

#define EK_NESTING_MAX 32 /* messages within messages */

struct ek_enum {
        const char *full_name;
        struct ek_place place;
        const struct ek_message *parent; /* that it is declared in, or NULL */
        const Google__Protobuf__EnumDescriptorProto *proto;
        struct ek_option *value_options; /* (ekiden.value), as many as proto->value */
        struct ek_enum *next; /* in the file, in the order of declaration */
};

struct ek_field {
        const char *name;
        struct ek_place place;
        const Google__Protobuf__FieldDescriptorProto *proto;
        uint32_t number;
        bool required, repeated, descriptor, identity, secret, untold;
        const char *arena; /* that its bytes lie in, or NULL */
        const char *oneof; /* the name of the oneof that it is in, or NULL */
        struct ek_message *message; /* type of a message field (or group), or NULL */
        struct ek_enum *enumeration;
        struct ek_option option;
};

struct ek_message {
        const char *full_name;
        const char *type_name, *lower_name; /* in C: Counter__V2__Clients, counter__v2__clients */
        struct ek_place place;
        struct ek_file *file;
        struct ek_message *parent; /* that it is declared in, or NULL */
        const Google__Protobuf__DescriptorProto *proto;
        struct ek_field *fields; /* in the order of declaration */
        struct ek_field **sorted; /* by number: the index in it is that of protoc-c's table */
        size_t field_count;
        bool is_map_entry;
        bool holds_flagged; /* a field that tables.h asks for, itself, or in messages below */
        const struct ek_field *identity; /* the field that tells its objects apart, or NULL */
        struct ek_option option; /* (ekiden.item) */
        struct ek_option message_option; /* (ekiden.message) */
        struct ek_option *oneof_options; /* (ekiden.oneof), as many as proto->oneof_decl */
        unsigned int mark, visit; /* for whoever walks types: see ek_reach */
        struct ek_message *next; /* in the file, in the order of declaration, parents first */
};

struct ek_file {
        const char *name, *package;
        const char *base_name; /* without ".proto" or ".protodevel" */
        struct ek_source source;
        struct ek_place place; /* the file as a whole */
        const Google__Protobuf__FileDescriptorProto *proto;
        bool proto3;
        struct ek_message *messages; /* all of them, nested ones too */
        struct ek_enum *enums;
        struct ek_option option;
};

struct ek_model {
        struct ek_memory *arena;
        struct ek_file *files;
        size_t file_count;
        unsigned int last_mark;
        struct ek_message **reach; /* of ek_model_reach() */
};

/**
 * Builds the model, in the arena of `problems`. Ends the program where the request contradicts
 * itself.
 *
 * @return false where a file cannot be modelled: it is among the problems then, and the model is
 *         not to be used
 */
bool ek_model_build(struct ek_model *model, struct ek_problems *problems,
                    const Google__Protobuf__Compiler__CodeGeneratorRequest *request);

/** The file of this name, or NULL. */
struct ek_file *ek_model_file(const struct ek_model *model, const char *name);

/** Of all files. */
size_t ek_model_message_count(const struct ek_model *model);

/** The field of this name, or NULL. */
struct ek_field *ek_model_field(const struct ek_message *message, const char *name);

/** Message types in the order in which they were met. */
struct ek_reach {
        struct ek_message **messages;
        size_t count;
};

/**
 * All message types that records of `root` can hold, breadth first, fields by number, root first;
 * `visit` of each is its index. Valid until the next call.
 */
struct ek_reach ek_model_reach(struct ek_model *model, struct ek_message *root);
