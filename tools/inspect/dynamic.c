/* SPDX-License-Identifier: MIT */
/*
 * See dynamic.h. First every type gets its name and an empty descriptor, so that fields find the
 * type that they have wherever it is declared; then the descriptors are filled.
 */
#include "dynamic_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/message.h"

int dynamic_damaged(struct dynamic_types *types, const char *format, ...)
{
        char what[384];
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(what, sizeof(what), format, arguments);
        va_end(arguments);
        return ekiden_error_set(types->error, EKIDEN_EPROTOCOL, "the schema in it is damaged: %s",
                                what);
}

int dynamic_out_of_memory(struct dynamic_types *types)
{
        return ekiden_error_set(types->error, EKIDEN_ENOMEM, "memory ran out");
}

void *dynamic_alloc(struct dynamic_types *types, size_t count, size_t size_bytes)
{
        size_t total;

        if (__builtin_mul_overflow(count, size_bytes, &total))
                return NULL;
        return ek_scratch_alloc(&types->scratch, total);
}

bool dynamic_is_identifier(const char *name)
{
        static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
        static const char all[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";

        return name && name[0] && strchr(letters, name[0]) && strspn(name, all) == strlen(name);
}

/* Identifiers with dots between them. */
static bool is_package(const char *name)
{
        bool begins = true;

        for (; *name; name++) {
                bool is_letter = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
                                 *name == '_';

                if (!is_letter && (begins || (*name != '.' && (*name < '0' || *name > '9'))))
                        return false;
                begins = *name == '.';
        }
        return !begins;
}

static int compare_types(const void *a, const void *b)
{
        return strcmp(((const struct dynamic_type *)a)->full_name,
                      ((const struct dynamic_type *)b)->full_name);
}

static const struct dynamic_type *find(const struct dynamic_types *types, const char *full_name)
{
        const struct dynamic_type key = {.full_name = full_name};

        if (types->count == 0)
                return NULL;
        return bsearch(&key, types->types, types->count, sizeof(key), compare_types);
}

const struct dynamic_type *dynamic_find(const struct dynamic_types *types, const char *type_name)
{
        return type_name && type_name[0] == '.' ? find(types, type_name + 1) : NULL;
}

const ProtobufCMessageDescriptor *dynamic_message(const struct dynamic_types *types,
                                                  const char *full_name)
{
        const struct dynamic_type *type = find(types, full_name);

        return type ? type->message_descriptor : NULL;
}

const Google__Protobuf__FileDescriptorSet *dynamic_set(const struct dynamic_types *types)
{
        return types->set;
}

/* Where types are declared: a file, or a message in it. */
struct scope {
        const char *full_name, *package;
        bool proto3;
        unsigned int depth;
};

static int make_room(struct dynamic_types *types)
{
        size_t larger = types->capacity > 0 ? types->capacity * 2 : 64;
        struct dynamic_type *grown;

        if (types->count < types->capacity)
                return 0;
        if (types->count >= DYNAMIC_TYPES_MAX)
                return ekiden_error_set(types->error, EKIDEN_ELIMIT,
                                        "the schema in it has more than %d types",
                                        DYNAMIC_TYPES_MAX);
        grown = realloc(types->types, larger * sizeof(*grown));
        if (!grown)
                return dynamic_out_of_memory(types);
        types->types = grown;
        types->capacity = larger;
        return 0;
}

static int add_type(struct dynamic_types *types, const struct scope *scope, const char *name,
                    struct dynamic_type type)
{
        char full_name[DYNAMIC_NAME_MAX + 1];
        char *copy;
        int length, r;

        if (!dynamic_is_identifier(name))
                return dynamic_damaged(types, "a type in %s has no name",
                                       scope->full_name[0] ? scope->full_name : "it");
        length = snprintf(full_name, sizeof(full_name), "%s%s%s", scope->full_name,
                          scope->full_name[0] ? "." : "", name);
        if (length < 0 || (size_t)length >= sizeof(full_name))
                return ekiden_error_set(types->error, EKIDEN_ELIMIT,
                                        "the name of a type in it has more than %d bytes",
                                        DYNAMIC_NAME_MAX);
        r = make_room(types);
        if (r < 0)
                return r;
        copy = dynamic_alloc(types, (size_t)length + 1, 1);
        if (!copy)
                return dynamic_out_of_memory(types);
        memcpy(copy, full_name, (size_t)length + 1);
        type.full_name = copy;
        type.package = scope->package;
        type.proto3 = scope->proto3;
        types->types[types->count++] = type;
        return 0;
}

static int add_enums(struct dynamic_types *types, const struct scope *scope,
                     Google__Protobuf__EnumDescriptorProto **enums, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                struct dynamic_type type = {.enumeration = enums[i]};
                int r;

                type.enum_descriptor = dynamic_alloc(types, 1, sizeof(*type.enum_descriptor));
                if (!type.enum_descriptor)
                        return dynamic_out_of_memory(types);
                r = add_type(types, scope, enums[i]->name, type);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Messages, and all that is declared in them. */
static int add_messages(struct dynamic_types *types, const struct scope *scope,
                        Google__Protobuf__DescriptorProto **messages, size_t count)
{
        if (count > 0 && scope->depth > DYNAMIC_NESTING_MAX)
                return ekiden_error_set(types->error, EKIDEN_ELIMIT,
                                        "the schema in it nests messages over %d deep",
                                        DYNAMIC_NESTING_MAX);
        for (size_t i = 0; i < count; i++) {
                const Google__Protobuf__DescriptorProto *message = messages[i];
                struct dynamic_type type = {.message = message};
                struct scope inner = *scope;
                int r;

                type.message_descriptor = dynamic_alloc(types, 1, sizeof(*type.message_descriptor));
                if (!type.message_descriptor)
                        return dynamic_out_of_memory(types);
                r = add_type(types, scope, message->name, type);
                if (r < 0)
                        return r;
                inner.full_name = types->types[types->count - 1].full_name;
                inner.depth++;
                r = add_enums(types, &inner, message->enum_type, message->n_enum_type);
                if (r == 0)
                        r = add_messages(types, &inner, message->nested_type,
                                         message->n_nested_type);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int add_file(struct dynamic_types *types, const Google__Protobuf__FileDescriptorProto *file)
{
        struct scope scope = {.full_name = file->package ? file->package : ""};
        int r;

        if (!file->name || !file->name[0])
                return dynamic_damaged(types, "a file has no name");
        if (scope.full_name[0] && !is_package(scope.full_name))
                return dynamic_damaged(types, "the package of %s is no name", file->name);
        scope.package = scope.full_name;
        scope.proto3 = file->syntax && strcmp(file->syntax, "proto3") == 0;
        r = add_enums(types, &scope, file->enum_type, file->n_enum_type);
        if (r == 0)
                r = add_messages(types, &scope, file->message_type, file->n_message_type);
        return r;
}

static int sort_types(struct dynamic_types *types)
{
        if (types->count > 0)
                qsort(types->types, types->count, sizeof(types->types[0]), compare_types);
        for (size_t i = 1; i < types->count; i++)
                if (strcmp(types->types[i - 1].full_name, types->types[i].full_name) == 0)
                        return dynamic_damaged(types, "%s is declared twice",
                                               types->types[i].full_name);
        return 0;
}

static int build(struct dynamic_types *types, const uint8_t *set, size_t size_bytes)
{
        ProtobufCMessage *unpacked;
        int r;

        if (size_bytes > DYNAMIC_SET_MAX)
                return ekiden_error_set(types->error, EKIDEN_ELIMIT,
                                        "the schema in it is larger than %zu bytes",
                                        DYNAMIC_SET_MAX);
        r = ek_message_unpack(&google__protobuf__file_descriptor_set__descriptor, NULL, set,
                              size_bytes, &unpacked);
        if (r == EKIDEN_ENOMEM)
                return dynamic_out_of_memory(types);
        if (r < 0)
                return dynamic_damaged(types, "it is no set of descriptors");
        types->set = (Google__Protobuf__FileDescriptorSet *)unpacked;
        for (size_t i = 0; i < types->set->n_file && r == 0; i++)
                r = add_file(types, types->set->file[i]);
        if (r == 0)
                r = sort_types(types);
        /* Enums first: defaults of fields look for their values. */
        for (size_t i = 0; i < types->count && r == 0; i++)
                if (types->types[i].enumeration)
                        r = dynamic_build_enum(types, &types->types[i]);
        for (size_t i = 0; i < types->count && r == 0; i++)
                if (types->types[i].message)
                        r = dynamic_build_message(types, &types->types[i]);
        return r;
}

int dynamic_types_new(const uint8_t *set, size_t size_bytes, struct dynamic_types **ret_types,
                      struct ekiden_error *error)
{
        struct dynamic_types *types = calloc(1, sizeof(*types));
        int r;

        if (!types)
                return ekiden_error_set(error, EKIDEN_ENOMEM, "memory ran out");
        ek_scratch_init(&types->scratch);
        types->error = error;
        r = build(types, set, size_bytes);
        types->error = NULL;
        if (r < 0)
                dynamic_types_free(types);
        else
                *ret_types = types;
        return r;
}

struct dynamic_types *dynamic_types_free(struct dynamic_types *types)
{
        if (!types)
                return NULL;
        if (types->set)
                google__protobuf__file_descriptor_set__free_unpacked(types->set, NULL);
        free(types->types);
        ek_scratch_deinit(&types->scratch);
        free(types);
        return NULL;
}
