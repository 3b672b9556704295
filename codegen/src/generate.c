/* SPDX-License-Identifier: MIT */
#include "generate.h"

#include <string.h>

#include "binding.h"
#include "compare.h"
#include "emit.h"
#include "emit_hop.h"
#include "fingerprint.h"
#include "parameters.h"
#include "problem.h"
#include "schema.h"
#include "validate.h"

typedef Google__Protobuf__Compiler__CodeGeneratorResponse Response;
typedef Google__Protobuf__Compiler__CodeGeneratorResponse__File ResponseFile;

static void add_file(struct ek_memory *arena, Response *response, const char *base_name,
                     const char *suffix, struct ek_text *content)
{
        ResponseFile *file = ek_memory_alloc(arena, 1, sizeof(*file));

        google__protobuf__compiler__code_generator_response__file__init(file);
        file->name = ek_memory_printf(arena, "%s%s", base_name, suffix);
        file->content = content->bytes;
        response->file[response->n_file++] = file;
}

static void emit_schema(struct ek_memory *arena, Response *response, const struct ek_schema *schema)
{
        struct ek_text header, source;

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

static void emit_hop(struct ek_memory *arena, Response *response, const struct ek_parameters *what,
                     struct ek_schema *schemas, struct ek_problems *problems)
{
        bool in_order = schemas[0].version < schemas[1].version;
        struct ek_comparison comparison;
        struct ek_text text;

        ek_compare(&comparison, &schemas[!in_order], &schemas[in_order], what->downgrade);
        ek_comparison_report(&comparison, problems);
        if (problems->count > 0)
                return;
        ek_text_init(&text, arena);
        if (what->output == EK_OUTPUT_SCAFFOLD) {
                ek_emit_scaffold(&text, &comparison);
                add_file(arena, response, ek_hop_name(&comparison), ".scaffold.c", &text);
                return;
        }
        ek_emit_hop_header(&text, &comparison);
        add_file(arena, response, ek_hop_name(&comparison), ".hop.h", &text);
        ek_text_init(&text, arena);
        ek_emit_hop_source(&text, &comparison);
        add_file(arena, response, ek_hop_name(&comparison), ".hop.c", &text);
}

/* A hop has two ends. */
static char *check_ends(struct ek_memory *arena, const struct ek_schema *schemas, size_t count)
{
        if (count != 2)
                return ek_memory_printf(
                        arena,
                        "a hop is made of two schemas, the older and the newer, and "
                        "%zu %s given",
                        count, count == 1 ? "was" : "were");
        if (strcmp(schemas[0].program, schemas[1].program) != 0)
                return ek_memory_printf(arena,
                                        "%s is a schema of program \"%s\" and %s one of \"%s\": a "
                                        "hop is made of two versions of one program",
                                        schemas[0].file->name, schemas[0].program,
                                        schemas[1].file->name, schemas[1].program);
        return NULL;
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

/* Valid schemas; what is wrong with both together goes into the response. */
static void emit(struct ek_memory *arena, Response *response,
                 const struct ek_parameters *parameters, struct ek_schema *schemas, size_t count,
                 struct ek_problems *problems)
{
        for (size_t i = 0; i < count; i++) {
                ek_schema_sort(&schemas[i]);
                ek_fingerprint(&schemas[i]);
        }
        if (parameters->output == EK_OUTPUT_SCHEMA) {
                for (size_t i = 0; i < count; i++)
                        emit_schema(arena, response, &schemas[i]);
                return;
        }
        response->error = check_ends(arena, schemas, count);
        if (response->error != NULL)
                return;
        emit_hop(arena, response, parameters, schemas, problems);
        response->error = ek_problems_text(problems);
}

static void pack(struct ek_memory *arena, const Response *response, struct ek_text *ret_response)
{
        size_t size =
                google__protobuf__compiler__code_generator_response__get_packed_size(response);
        uint8_t *bytes = ek_memory_alloc(arena, size, 1);

        google__protobuf__compiler__code_generator_response__pack(response, bytes);
        ek_text_add(ret_response, (const char *)bytes, size);
}

void ek_generate(struct ek_memory *arena,
                 const Google__Protobuf__Compiler__CodeGeneratorRequest *request,
                 struct ek_text *ret_response)
{
        Response response = GOOGLE__PROTOBUF__COMPILER__CODE_GENERATOR_RESPONSE__INIT;
        size_t count = request->n_file_to_generate;
        struct ek_schema *schemas = ek_memory_alloc(arena, count, sizeof(*schemas));
        struct ek_parameters parameters;
        struct ek_problems problems;
        struct ek_model model;

        /* proto3 `optional` is refused all the same, but with a line and a column. */
        response.has_supported_features = true;
        response.supported_features =
                GOOGLE__PROTOBUF__COMPILER__CODE_GENERATOR_RESPONSE__FEATURE__FEATURE_PROTO3_OPTIONAL;
        response.file = ek_memory_alloc(arena, 4 * count, sizeof(*response.file));
        ek_problems_init(&problems, arena);
        response.error = ek_parameters_read(&parameters, arena, request->parameter);
        if (ek_model_build(&model, &problems, request)) {
                init_schemas(schemas, &model, request);
                ek_validate(schemas, count, &problems);
        }
        if (response.error == NULL)
                response.error = ek_problems_text(&problems);
        if (response.error == NULL)
                emit(arena, &response, &parameters, schemas, count, &problems);
        pack(arena, &response, ret_response);
}
