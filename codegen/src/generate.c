/* SPDX-License-Identifier: MIT */
#include "generate.h"

#include "binding.h"
#include "emit.h"
#include "fingerprint.h"
#include "problem.h"
#include "schema.h"
#include "validate.h"

typedef Google__Protobuf__Compiler__CodeGeneratorResponse Response;
typedef Google__Protobuf__Compiler__CodeGeneratorResponse__File ResponseFile;

static void add_file(struct ek_arena *arena, Response *response, const char *base_name,
                     const char *suffix, struct ek_text *content)
{
        ResponseFile *file = ek_arena_alloc(arena, 1, sizeof(*file));

        google__protobuf__compiler__code_generator_response__file__init(file);
        file->name = ek_arena_printf(arena, "%s%s", base_name, suffix);
        file->content = content->bytes;
        response->file[response->n_file++] = file;
}

static void emit(struct ek_arena *arena, Response *response, struct ek_schema *schema)
{
        struct ek_text header, source;

        ek_schema_sort(schema);
        ek_fingerprint(schema);
        ek_text_init(&header, arena);
        ek_emit_header(&header, schema);
        add_file(arena, response, schema->file->base_name, ".ekiden.h", &header);
        ek_text_init(&source, arena);
        ek_emit_source(&source, schema);
        add_file(arena, response, schema->file->base_name, ".ekiden.c", &source);
        if (!ek_binding_any(schema))
                return;
        ek_text_init(&header, arena);
        ek_emit_native_header(&header, schema);
        add_file(arena, response, schema->file->base_name, ".native.h", &header);
        ek_text_init(&source, arena);
        ek_emit_native_source(&source, schema);
        add_file(arena, response, schema->file->base_name, ".native.c", &source);
}

static void init_schemas(struct ek_schema *schemas, struct ek_model *model,
                         const Google__Protobuf__Compiler__CodeGeneratorRequest *request)
{
        for (size_t i = 0; i < request->n_file_to_generate; i++) {
                struct ek_file *file = ek_model_file(model, request->file_to_generate[i]);

                if (file == NULL)
                        ek_die("the request is not valid: a file to generate is not in it");
                ek_schema_init(&schemas[i], model, file);
        }
}

static void pack(struct ek_arena *arena, const Response *response, struct ek_text *ret_response)
{
        size_t size =
                google__protobuf__compiler__code_generator_response__get_packed_size(response);
        uint8_t *bytes = ek_arena_alloc(arena, size, 1);

        google__protobuf__compiler__code_generator_response__pack(response, bytes);
        ek_text_add(ret_response, (const char *)bytes, size);
}

void ek_generate(struct ek_arena *arena,
                 const Google__Protobuf__Compiler__CodeGeneratorRequest *request,
                 struct ek_text *ret_response)
{
        Response response = GOOGLE__PROTOBUF__COMPILER__CODE_GENERATOR_RESPONSE__INIT;
        size_t count = request->n_file_to_generate;
        struct ek_schema *schemas = ek_arena_alloc(arena, count, sizeof(*schemas));
        struct ek_problems problems;
        struct ek_model model;

        /* proto3 `optional` is refused all the same, but with a line and a column. */
        response.has_supported_features = true;
        response.supported_features =
                GOOGLE__PROTOBUF__COMPILER__CODE_GENERATOR_RESPONSE__FEATURE__FEATURE_PROTO3_OPTIONAL;
        response.file = ek_arena_alloc(arena, 4 * count, sizeof(*response.file));
        ek_problems_init(&problems, arena);
        if (ek_model_build(&model, &problems, request)) {
                init_schemas(schemas, &model, request);
                ek_validate(schemas, count, &problems);
        }
        if (request->parameter != NULL && request->parameter[0] != '\0')
                response.error = ek_arena_printf(
                        arena, "protoc-gen-ekiden takes no parameter: remove \"%s\"",
                        request->parameter);
        else
                response.error = ek_problems_text(&problems);
        for (size_t i = 0; i < count && response.error == NULL; i++)
                emit(arena, &response, &schemas[i]);
        pack(arena, &response, ret_response);
}
