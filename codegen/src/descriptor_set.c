/* SPDX-License-Identifier: MIT */
#include "descriptor_set.h"

#include <string.h>

typedef Google__Protobuf__FileDescriptorProto FileProto;

/* Files of a schema's request, each once. */
struct closure {
        const struct ek_model *model;
        bool *is_needed; /* as many as the model has files */
        size_t *next; /* a queue of indices: whose imports are to be looked at */
        size_t count;
};

/* The library has these two itself. */
static bool is_standard(const char *name)
{
        return strcmp(name, "google/protobuf/descriptor.proto") == 0 ||
               strcmp(name, "ekiden/options.proto") == 0;
}

static void need_file(struct closure *closure, const char *name)
{
        const struct ek_file *file = ek_model_file(closure->model, name);
        size_t index;

        if (file == NULL || is_standard(name))
                return;
        index = (size_t)(file - closure->model->files);
        if (closure->is_needed[index])
                return;
        closure->is_needed[index] = true;
        closure->next[closure->count++] = index;
}

static struct closure find_closure(const struct ek_schema *schema)
{
        const struct ek_model *model = schema->model;
        struct closure closure = {.model = model};

        closure.is_needed =
                ek_memory_alloc(model->arena, model->file_count, sizeof(*closure.is_needed));
        closure.next = ek_memory_alloc(model->arena, model->file_count, sizeof(*closure.next));
        need_file(&closure, schema->file->name);
        for (size_t i = 0; i < closure.count; i++) {
                const FileProto *proto = model->files[closure.next[i]].proto;

                for (size_t k = 0; k < proto->n_dependency; k++)
                        need_file(&closure, proto->dependency[k]);
        }
        return closure;
}

static void strip_fields(Google__Protobuf__FieldDescriptorProto **fields, size_t count)
{
        for (size_t i = 0; i < count; i++)
                fields[i]->json_name = NULL;
}

/* Not deep: a file in which messages are nested deeper than EK_NESTING_MAX is not modelled. */
static void strip_message(Google__Protobuf__DescriptorProto *message)
{
        strip_fields(message->field, message->n_field);
        strip_fields(message->extension, message->n_extension);
        for (size_t i = 0; i < message->n_nested_type; i++)
                strip_message(message->nested_type[i]);
}

static void strip_file(FileProto *file)
{
        file->source_code_info = NULL;
        strip_fields(file->extension, file->n_extension);
        for (size_t i = 0; i < file->n_message_type; i++)
                strip_message(file->message_type[i]);
}

/* A copy, by way of the bytes: the model's own is the request, and stays as it came. */
static FileProto *copy_file(struct ek_memory *arena, const FileProto *file)
{
        size_t size = google__protobuf__file_descriptor_proto__get_packed_size(file);
        uint8_t *bytes = ek_memory_alloc(arena, size, 1);
        FileProto *copy;

        google__protobuf__file_descriptor_proto__pack(file, bytes);
        copy = google__protobuf__file_descriptor_proto__unpack(&arena->allocator, size, bytes);
        if (copy == NULL)
                ek_die("the request is not valid: %s cannot be read again", file->name);
        return copy;
}

void ek_descriptor_set(struct ek_text *text, const struct ek_schema *schema)
{
        const struct ek_model *model = schema->model;
        struct closure closure = find_closure(schema);
        Google__Protobuf__FileDescriptorSet set = GOOGLE__PROTOBUF__FILE_DESCRIPTOR_SET__INIT;
        size_t size;
        uint8_t *bytes;

        set.file = ek_memory_alloc(model->arena, closure.count, sizeof(*set.file));
        /* In a request a file comes after what it imports. */
        for (size_t i = 0; i < model->file_count; i++)
                if (closure.is_needed[i]) {
                        FileProto *file = copy_file(model->arena, model->files[i].proto);

                        strip_file(file);
                        set.file[set.n_file++] = file;
                }
        size = google__protobuf__file_descriptor_set__get_packed_size(&set);
        bytes = ek_memory_alloc(model->arena, size, 1);
        google__protobuf__file_descriptor_set__pack(&set, bytes);
        ek_text_add(text, (const char *)bytes, size);
}
