/* SPDX-License-Identifier: MIT */
/*
 * Target "plugin": what protoc, or somebody in its place, may send to protoc-gen-ekiden. It answers
 * with a response that can be read, or ends itself with a sentence: the linker sends that call
 * here.
 */
#include <setjmp.h>
#include <stdbool.h>
#include <string.h>

#include "generate.h"
#include "read.h"
#include "target.h"

_Noreturn void __wrap_ek_die(const char *format, ...);

static jmp_buf end;

_Noreturn void __wrap_ek_die(const char *format, ...)
{
        expect(strlen(format) > 0);
        longjmp(end, 1);
}

static void expect_sound(const struct ek_text *output)
{
        Google__Protobuf__Compiler__CodeGeneratorResponse *response =
                google__protobuf__compiler__code_generator_response__unpack(
                        NULL, output->length, (const uint8_t *)output->bytes);

        expect(response);
        if (response->n_file > 0)
                target_succeeded();
        for (size_t i = 0; i < response->n_file; i++)
                expect(response->file[i]->name && response->file[i]->content);
        google__protobuf__compiler__code_generator_response__free_unpacked(response, NULL);
}

/* What main() does. */
static bool answer(struct ek_memory *arena, const uint8_t *data, size_t size,
                   struct ek_text *output)
{
        Google__Protobuf__Compiler__CodeGeneratorRequest *request;

        if (setjmp(end) != 0)
                return false;
        ek_text_init(output, arena);
        request = ek_read_request(arena, data, size);
        if (!request)
                return false;
        ek_generate(arena, request, output);
        return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct ek_memory arena;
        struct ek_text output;

        ek_memory_init(&arena);
        if (answer(&arena, data, size, &output))
                expect_sound(&output);
        ek_memory_deinit(&arena);
        return 0;
}
