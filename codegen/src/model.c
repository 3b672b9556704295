/* SPDX-License-Identifier: MIT */
#include "model.h"

#include <stdlib.h>
#include <string.h>

#include "names.h"

/* What a fully qualified type name stands for. */
struct type {
        const char *full_name;
        struct ek_message *message;
        struct ek_enum *enumeration;
};

struct builder {
        struct ek_memory *arena;
        struct ek_problems *problems;
        struct type *types;
        size_t type_count, type_size;
};

static const char *checked_name(const char *name, const char *where)
{
        if (name == NULL || !ek_name_is_identifier(name))
                ek_die("the request is not valid: a name in %s is no name", where);
        return name;
}

static void add_type(struct builder *builder, struct type type)
{
        builder->types = ek_memory_grow(builder->arena, builder->types, builder->type_count,
                                        &builder->type_size, sizeof(type));
        builder->types[builder->type_count++] = type;
}

static int compare_types(const void *a, const void *b)
{
        return strcmp(((const struct type *)a)->full_name, ((const struct type *)b)->full_name);
}

static const struct type *find_type(const struct builder *builder, const char *name)
{
        struct type key = {.full_name = name + 1};

        if (name[0] != '.' || builder->type_count == 0)
                return NULL;
        return bsearch(&key, builder->types, builder->type_count, sizeof(key), compare_types);
}

static const char *qualify(struct builder *builder, const struct ek_file *file,
                           const struct ek_message *parent, const char *name)
{
        const char *scope = parent != NULL ? parent->full_name : file->package;

        checked_name(name, file->name);
        return ek_memory_printf(builder->arena, "%s%s%s", scope, scope[0] != '\0' ? "." : "", name);
}

static void decode_values(struct ek_memory *arena, struct ek_enum *enumeration)
{
        const Google__Protobuf__EnumDescriptorProto *proto = enumeration->proto;

        enumeration->value_options =
                ek_memory_alloc(arena, proto->n_value, sizeof(*enumeration->value_options));
        for (size_t i = 0; i < proto->n_value; i++)
                enumeration->value_options[i] = ek_option_value(arena, proto->value[i]->options);
}

static void build_enums(struct builder *builder, struct ek_file *file, struct ek_message *parent,
                        Google__Protobuf__EnumDescriptorProto **protos, size_t count)
{
        struct ek_enum **tail = &file->enums;

        while (*tail != NULL)
                tail = &(*tail)->next;
        for (size_t i = 0; i < count; i++) {
                struct ek_enum *enumeration =
                        ek_memory_alloc(builder->arena, 1, sizeof(*enumeration));

                enumeration->full_name = qualify(builder, file, parent, protos[i]->name);
                enumeration->place = ek_place_below(parent != NULL ? &parent->place : &file->place,
                                                    parent != NULL ? 4 : 5, (int32_t)i, -1, -1);
                enumeration->parent = parent;
                enumeration->proto = protos[i];
                for (size_t k = 0; k < protos[i]->n_value; k++)
                        checked_name(protos[i]->value[k]->name, enumeration->full_name);
                decode_values(builder->arena, enumeration);
                add_type(builder, (struct type){.full_name = enumeration->full_name,
                                                .enumeration = enumeration});
                *tail = enumeration;
                tail = &enumeration->next;
        }
}

static struct ek_message *build_message(struct builder *builder, struct ek_file *file,
                                        struct ek_message *parent,
                                        const Google__Protobuf__DescriptorProto *proto,
                                        int32_t index)
{
        struct ek_message *message = ek_memory_alloc(builder->arena, 1, sizeof(*message));

        message->full_name = qualify(builder, file, parent, proto->name);
        message->type_name = ek_name_type(builder->arena, message->full_name);
        message->lower_name = ek_name_lower(builder->arena, message->full_name);
        message->place = ek_place_below(parent != NULL ? &parent->place : &file->place,
                                        parent != NULL ? 3 : 4, index, -1, -1);
        message->file = file;
        message->parent = parent;
        message->proto = proto;
        message->is_map_entry = proto->options != NULL && proto->options->map_entry;
        message->option = ek_option_item(builder->arena, proto->options);
        message->message_option = ek_option_message(builder->arena, proto->options);
        message->oneof_options = ek_memory_alloc(builder->arena, proto->n_oneof_decl,
                                                 sizeof(*message->oneof_options));
        for (size_t i = 0; i < proto->n_oneof_decl; i++) {
                checked_name(proto->oneof_decl[i]->name, message->full_name);
                message->oneof_options[i] =
                        ek_option_oneof(builder->arena, proto->oneof_decl[i]->options);
        }
        add_type(builder, (struct type){.full_name = message->full_name, .message = message});
        build_enums(builder, file, message, proto->enum_type, proto->n_enum_type);
        return message;
}

/* Appends the messages and all below them to the file's list, parents first. */
static struct ek_message **build_messages(struct builder *builder, struct ek_file *file,
                                          struct ek_message *parent,
                                          Google__Protobuf__DescriptorProto **protos, size_t count,
                                          struct ek_message **tail, int depth)
{
        if (depth > EK_NESTING_MAX && count > 0) {
                struct ek_place place = ek_place_below(&parent->place, 3, 0, -1, -1);

                ek_problem(builder->problems, &place,
                           "messages are nested more than %d deep: move the inner ones out",
                           EK_NESTING_MAX);
                return tail;
        }
        for (size_t i = 0; i < count; i++) {
                struct ek_message *message =
                        build_message(builder, file, parent, protos[i], (int32_t)i);

                *tail = message;
                tail = build_messages(builder, file, message, protos[i]->nested_type,
                                      protos[i]->n_nested_type, &message->next, depth + 1);
        }
        return tail;
}

static void resolve_type(const struct builder *builder, const struct ek_message *message,
                         struct ek_field *field)
{
        const struct type *type = NULL;

        if (field->proto->type_name != NULL)
                type = find_type(builder, field->proto->type_name);
        switch ((int)field->proto->type) {
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_MESSAGE:
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_GROUP:
                field->message = type != NULL ? type->message : NULL;
                type = field->message != NULL ? type : NULL;
                break;
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_ENUM:
                field->enumeration = type != NULL ? type->enumeration : NULL;
                type = field->enumeration != NULL ? type : NULL;
                break;
        default:
                if (field->proto->has_type && field->proto->type >= 1 && field->proto->type <= 18)
                        return;
                type = NULL;
        }
        if (type == NULL)
                ek_die("the request is not valid: %s.%s has no type", message->full_name,
                       field->name);
}

static void build_field(struct builder *builder, struct ek_message *message, size_t i)
{
        const Google__Protobuf__FieldDescriptorProto *proto = message->proto->field[i];
        struct ek_field *field = &message->fields[i];

        field->name = checked_name(proto->name, message->full_name);
        field->place = ek_place_below(&message->place, 2, (int32_t)i, -1, -1);
        field->proto = proto;
        field->number = (uint32_t)proto->number;
        field->required =
                proto->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REQUIRED;
        field->repeated =
                proto->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED;
        field->option = ek_option_field(builder->arena, proto->options);
        if (field->option.message != NULL) {
                const Ekiden__FieldOptions *options = (const void *)field->option.message;

                field->descriptor = options->descriptor;
                field->identity = options->identity;
                field->secret = options->secret;
                field->untold = options->untold;
                field->arena = options->arena;
        }
        if (field->identity && message->identity == NULL)
                message->identity = field;
        if (proto->has_oneof_index) {
                if (proto->oneof_index < 0 ||
                    (size_t)proto->oneof_index >= message->proto->n_oneof_decl)
                        ek_die("the request is not valid: %s.%s is in no oneof", message->full_name,
                               field->name);
                field->oneof = message->proto->oneof_decl[proto->oneof_index]->name;
        }
        resolve_type(builder, message, field);
        message->sorted[i] = field;
}

static int compare_numbers(const void *a, const void *b)
{
        const struct ek_field *left = *(struct ek_field *const *)a;
        const struct ek_field *right = *(struct ek_field *const *)b;

        return left->number < right->number ? -1 : left->number > right->number;
}

static void build_fields(struct builder *builder, struct ek_message *message)
{
        message->field_count = message->proto->n_field;
        message->fields =
                ek_memory_alloc(builder->arena, message->field_count, sizeof(*message->fields));
        message->sorted =
                ek_memory_alloc(builder->arena, message->field_count, sizeof(struct ek_field *));
        for (size_t i = 0; i < message->field_count; i++)
                build_field(builder, message, i);
        qsort(message->sorted, message->field_count, sizeof(message->sorted[0]), compare_numbers);
}

/* protoc-c's output and ours have it between quotes and in a comment. */
static bool is_good_file_name(const char *name)
{
        if (strstr(name, "*/") != NULL || strstr(name, "/*") != NULL)
                return false;
        for (; *name != '\0'; name++)
                if ((unsigned char)*name < ' ' || *name == 0x7f || *name == '"' || *name == '\\')
                        return false;
        return true;
}

/* As protoc-c does it: our output goes with its. */
static char *strip_suffix(struct ek_memory *arena, const char *name)
{
        static const char *const suffixes[] = {".protodevel", ".proto"};
        size_t length = strlen(name);
        char *base_name = ek_memory_strdup(arena, name);

        for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
                size_t suffix_length = strlen(suffixes[i]);

                if (length < suffix_length ||
                    strcmp(name + length - suffix_length, suffixes[i]) != 0)
                        continue;
                base_name[length - suffix_length] = '\0';
                break;
        }
        return base_name;
}

static void build_file(struct builder *builder, struct ek_file *file, unsigned int order,
                       const Google__Protobuf__FileDescriptorProto *proto)
{
        if (proto->name == NULL || proto->name[0] == '\0')
                ek_die("the request is not valid: a file has no name");
        file->name = proto->name;
        file->base_name = strip_suffix(builder->arena, proto->name);
        file->package = proto->package != NULL ? proto->package : "";
        if (file->package[0] != '\0' && !ek_name_is_qualified(file->package))
                ek_die("the request is not valid: the package of %s is no name", file->name);
        file->source = (struct ek_source){file->name, order, proto->source_code_info};
        file->place.source = &file->source;
        if (!is_good_file_name(file->name))
                ek_problem(builder->problems, &file->place,
                           "the file's name cannot be written into C: rename it without quotes, "
                           "backslashes, control characters and the marks of comments");
        file->proto = proto;
        file->proto3 = proto->syntax != NULL && strcmp(proto->syntax, "proto3") == 0;
        file->option = ek_option_program(builder->arena, proto->options);
        build_enums(builder, file, NULL, proto->enum_type, proto->n_enum_type);
        build_messages(builder, file, NULL, proto->message_type, proto->n_message_type,
                       &file->messages, 1);
}

/* Until nothing changes: types may be recursive. */
static void find_holders_of_flagged(const struct ek_model *model)
{
        bool changed = true;

        while (changed) {
                changed = false;
                for (size_t i = 0; i < model->file_count; i++)
                        for (struct ek_message *message = model->files[i].messages; message != NULL;
                             message = message->next)
                                for (size_t k = 0; k < message->field_count; k++) {
                                        const struct ek_field *field = &message->fields[k];

                                        if (message->holds_flagged ||
                                            (!field->descriptor && !field->identity &&
                                             !field->secret && !field->untold && !field->arena &&
                                             (field->message == NULL ||
                                              !field->message->holds_flagged)))
                                                continue;
                                        message->holds_flagged = true;
                                        changed = true;
                                }
        }
}

bool ek_model_build(struct ek_model *model, struct ek_problems *problems,
                    const Google__Protobuf__Compiler__CodeGeneratorRequest *request)
{
        struct ek_memory *arena = problems->arena;
        struct builder builder = {.arena = arena, .problems = problems};
        const size_t problem_count = problems->count;

        *model = (struct ek_model){.arena = arena, .file_count = request->n_proto_file};
        model->files = ek_memory_alloc(arena, model->file_count, sizeof(*model->files));
        for (size_t i = 0; i < model->file_count; i++)
                build_file(&builder, &model->files[i], (unsigned int)i, request->proto_file[i]);
        if (problems->count > problem_count)
                return false;
        if (builder.type_count > 0)
                qsort(builder.types, builder.type_count, sizeof(builder.types[0]), compare_types);
        for (size_t i = 0; i < model->file_count; i++)
                for (struct ek_message *message = model->files[i].messages; message != NULL;
                     message = message->next)
                        build_fields(&builder, message);
        find_holders_of_flagged(model);
        return true;
}

struct ek_file *ek_model_file(const struct ek_model *model, const char *name)
{
        for (size_t i = 0; i < model->file_count; i++)
                if (strcmp(model->files[i].name, name) == 0)
                        return &model->files[i];
        return NULL;
}

struct ek_field *ek_model_field(const struct ek_message *message, const char *name)
{
        for (size_t i = 0; i < message->field_count; i++)
                if (strcmp(message->fields[i].name, name) == 0)
                        return &message->fields[i];
        return NULL;
}

size_t ek_model_message_count(const struct ek_model *model)
{
        size_t count = 0;

        for (size_t i = 0; i < model->file_count; i++)
                for (const struct ek_message *message = model->files[i].messages; message != NULL;
                     message = message->next)
                        count++;
        return count;
}

struct ek_reach ek_model_reach(struct ek_model *model, struct ek_message *root)
{
        struct ek_reach reach = {0};
        unsigned int mark = ++model->last_mark;

        if (model->reach == NULL)
                model->reach = ek_memory_alloc(model->arena, ek_model_message_count(model),
                                               sizeof(struct ek_message *));
        reach.messages = model->reach;
        root->mark = mark;
        root->visit = 0;
        reach.messages[reach.count++] = root;
        for (size_t i = 0; i < reach.count; i++)
                for (size_t k = 0; k < reach.messages[i]->field_count; k++) {
                        struct ek_message *message = reach.messages[i]->sorted[k]->message;

                        if (message == NULL || message->mark == mark)
                                continue;
                        message->mark = mark;
                        message->visit = (unsigned int)reach.count;
                        reach.messages[reach.count++] = message;
                }
        return reach;
}
