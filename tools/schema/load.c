/* SPDX-License-Identifier: MIT */
/*
 * A FileDescriptorSet has its files as field 1, a CodeGeneratorRequest has them as field 15: with
 * another tag before each file, what protoc writes for one reader is what it says to a plugin.
 */
#include "load.h"

#include <stdio.h>
#include <string.h>

#include "fingerprint.h"
#include "output.h"
#include "protoc.h"
#include "read.h"
#include "status.h"
#include "validate.h"
#include "varint.h"

#define TAG_FILE_IN_SET 0x0a /* field 1, length-delimited */
#define TAG_FILE_IN_REQUEST 0x7a /* field 15, length-delimited */

typedef Google__Protobuf__Compiler__CodeGeneratorRequest Request;

/* All files of all sets, each once. */
struct union_of_sets {
        struct ek_memory *arena;
        Google__Protobuf__FileDescriptorProto **files;
        size_t count, size;
};

static Request *decode(struct ek_memory *arena, const struct ek_text *set)
{
        struct ek_text request;
        size_t next = 0;

        ek_text_init(&request, arena);
        ek_text_add_string(&request, "");
        while (next < set->length) {
                const uint8_t *bytes = (const uint8_t *)set->bytes + next;
                size_t left = set->length - next, prefix;
                const char tag = TAG_FILE_IN_REQUEST;
                uint64_t length;

                prefix = ek_varint_decode(bytes + 1, left - 1, &length);
                if (bytes[0] != TAG_FILE_IN_SET || prefix == 0 || length > left - 1 - prefix)
                        return NULL;
                ek_text_add(&request, &tag, 1);
                ek_text_add(&request, set->bytes + next + 1, prefix + (size_t)length);
                next += 1 + prefix + (size_t)length;
        }
        return ek_read_request(arena, (const uint8_t *)request.bytes, request.length);
}

static bool is_same_file(struct ek_memory *arena, const Google__Protobuf__FileDescriptorProto *a,
                         const Google__Protobuf__FileDescriptorProto *b)
{
        size_t size = google__protobuf__file_descriptor_proto__get_packed_size(a);
        uint8_t *left, *right;

        if (google__protobuf__file_descriptor_proto__get_packed_size(b) != size)
                return false;
        left = ek_memory_alloc(arena, size, 1);
        right = ek_memory_alloc(arena, size, 1);
        google__protobuf__file_descriptor_proto__pack(a, left);
        google__protobuf__file_descriptor_proto__pack(b, right);
        return memcmp(left, right, size) == 0;
}

static bool add_file(struct union_of_sets *all, Google__Protobuf__FileDescriptorProto *file,
                     const char *path)
{
        if (file->name == NULL)
                ek_die("protoc wrote a file without a name");
        for (size_t i = 0; i < all->count; i++) {
                if (strcmp(all->files[i]->name, file->name) != 0)
                        continue;
                if (is_same_file(all->arena, all->files[i], file))
                        return true;
                output_error(all->arena,
                             "%s: protoc knows two different files as \"%s\": give -I with a "
                             "directory above both, and nothing below it",
                             path, file->name);
                return false;
        }
        all->files = ek_memory_grow(all->arena, all->files, all->count, &all->size,
                                    sizeof(struct Google__Protobuf__FileDescriptorProto *));
        all->files[all->count++] = file;
        return true;
}

/* Adds a schema's files to all; returns 0 or a status. */
static int read_schema(const struct options *options, const char *path, struct union_of_sets *all,
                       const char **ret_name)
{
        struct ek_text set;
        Request *request;
        int status;

        ek_text_init(&set, options->arena);
        status = protoc_read(options, path, &set);
        if (status != 0)
                return status;
        request = decode(options->arena, &set);
        if (request == NULL || request->n_proto_file == 0) {
                output_error(options->arena,
                             "%s: messages are nested too deep, or protoc wrote what is no set of "
                             "descriptors",
                             path);
                return STATUS_FAULT;
        }
        for (size_t i = 0; i < request->n_proto_file; i++)
                if (!add_file(all, request->proto_file[i], path))
                        return STATUS_FAULT;
        *ret_name = request->proto_file[request->n_proto_file - 1]->name;
        return 0;
}

static bool build(const struct options *options, const struct union_of_sets *all,
                  const char *const *names, struct ek_problems *problems, struct loaded *loaded)
{
        Request request = GOOGLE__PROTOBUF__COMPILER__CODE_GENERATOR_REQUEST__INIT;

        request.n_proto_file = all->count;
        request.proto_file = all->files;
        if (!ek_model_build(&loaded->model, problems, &request))
                return false;
        for (size_t i = 0; i < loaded->count; i++) {
                struct ek_file *file = ek_model_file(&loaded->model, names[i]);

                file->source.name = options->files.list[i]; /* as the user knows it */
                ek_schema_init(&loaded->schemas[i], &loaded->model, file);
        }
        ek_validate(loaded->schemas, loaded->count, problems);
        return problems->count == 0;
}

int load_schemas(const struct options *options, struct loaded *ret_loaded)
{
        struct ek_memory *arena = options->arena;
        const size_t count = options->files.count;
        struct union_of_sets all = {.arena = arena};
        const char **names = ek_memory_alloc(arena, count, sizeof(*names));
        struct ek_problems problems;
        int status = 0;

        *ret_loaded = (struct loaded){.count = count};
        ret_loaded->schemas = ek_memory_alloc(arena, count, sizeof(*ret_loaded->schemas));
        for (size_t i = 0; i < count; i++) {
                int schema_status = read_schema(options, options->files.list[i], &all, &names[i]);

                if (schema_status > status)
                        status = schema_status;
                if (status == STATUS_SYSTEM)
                        break;
        }
        if (status != 0)
                return status;
        ek_problems_init(&problems, arena);
        if (!build(options, &all, names, &problems, ret_loaded)) {
                output_lines(arena, stderr, ek_problems_text(&problems));
                return STATUS_FAULT;
        }
        for (size_t i = 0; i < count; i++) {
                ek_schema_sort(&ret_loaded->schemas[i]);
                ek_fingerprint(&ret_loaded->schemas[i]);
        }
        return 0;
}

struct ek_place load_program_place(const struct ek_schema *schema)
{
        return ek_place_below(&schema->file->place, 8, EK_OPTION_EKIDEN_NUMBER, -1, -1);
}
