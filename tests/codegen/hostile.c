/* SPDX-License-Identifier: MIT */
/*
 * Requests that no protoc would send. The plugin may refuse them or answer, but neither crash nor
 * hang.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "generate.h"
#include "protoc.h"
#include "read.h"

typedef Google__Protobuf__Compiler__CodeGeneratorRequest Request;

struct bytes {
        uint8_t *data;
        size_t size;
};

static const char schema[] = "syntax = \"proto2\";\n"
                             "package s.v1;\n"
                             "import \"ekiden/options.proto\";\n"
                             "option (ekiden.program) = { name: \"s\" version: 1 };\n"
                             "// A comment.\n"
                             "message A {\n"
                             "  option (ekiden.item) = { name: \"a\" stream: true key: \"i\" };\n"
                             "  optional uint64 i = 1;\n"
                             "  optional int32 f = 2 [(ekiden.field).descriptor = true];\n"
                             "  optional A again = 3;\n"
                             "  oneof o { E e = 4; bytes b = 5; }\n"
                             "  map<string, A> m = 6;\n"
                             "  enum E { X = 0; }\n"
                             "}\n";

/* What protoc would send for the schema above; without the imported files, which nothing here
 * needs. */
static struct bytes make_request(void)
{
        char scratch[SCRATCH_SIZE], *command = NULL, *set_bytes;
        char *file = (char *)"s.proto";
        Google__Protobuf__FileDescriptorSet *set;
        Request request = GOOGLE__PROTOBUF__COMPILER__CODE_GENERATOR_REQUEST__INIT;
        struct bytes bytes;
        size_t size;

        scratch_init(scratch);
        write_file(scratch, file, schema);
        cr_assert_geq(asprintf(&command,
                               "cd %s && '%s' -I. -I'%s' -I'%s' --include_source_info "
                               "--descriptor_set_out=set s.proto",
                               scratch, TEST_PROTOC, TEST_IDL_DIR, TEST_PROTOBUF_DIR),
                      0);
        cr_assert_eq(system(command), 0);
        set_bytes = read_file(scratch, "set", &size);
        cr_assert_not_null(set_bytes);
        set = google__protobuf__file_descriptor_set__unpack(NULL, size, (uint8_t *)set_bytes);
        cr_assert_not_null(set);
        request.n_file_to_generate = 1;
        request.file_to_generate = &file;
        request.n_proto_file = set->n_file;
        request.proto_file = set->file;
        bytes.size = google__protobuf__compiler__code_generator_request__get_packed_size(&request);
        bytes.data = malloc(bytes.size);
        cr_assert_not_null(bytes.data);
        google__protobuf__compiler__code_generator_request__pack(&request, bytes.data);
        google__protobuf__file_descriptor_set__free_unpacked(set, NULL);
        free(set_bytes);
        free(command);
        scratch_deinit(scratch);
        return bytes;
}

/* What main() does, with bytes instead of stdin. */
static void answer(const uint8_t *data, size_t size)
{
        struct ek_memory arena;
        struct ek_text output;
        Request *request;

        ek_memory_init(&arena);
        ek_text_init(&output, &arena);
        request = ek_read_request(&arena, data, size);
        if (request == NULL)
                exit(1);
        ek_generate(&arena, request, &output);
        ek_memory_deinit(&arena);
}

/* Statuses are told apart by this: a sanitizer that found something ends the process with one of
 * its own, which may be 1 too, and calls no exit handler. */
#define ENDED_ITSELF 100

static void mark_status(int status, void *data)
{
        (void)data;
        _exit(ENDED_ITSELF + status);
}

/* The requests that are tried: the i-th that is made of one, the caller's to free. */
typedef struct bytes (*make_variant)(const struct bytes *request, size_t i);

static _Noreturn void answer_variants(const struct bytes *request, make_variant make, size_t count,
                                      size_t *at)
{
        cr_assert_not_null(freopen("/dev/null", "w", stderr));
        cr_assert_eq(on_exit(mark_status, NULL), 0);
        for (; *at < count; ++*at) {
                struct bytes variant = make(request, *at);

                alarm(20);
                answer(variant.data, variant.size);
                free(variant.data);
        }
        exit(0);
}

/* Does it in children: the plugin ends itself where it cannot go on, and the next child goes on
   behind that. Returns how many were refused. */
static size_t try_variants(const struct bytes *request, make_variant make, size_t count,
                           const char *what)
{
        size_t *at =
                mmap(NULL, sizeof(*at), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        size_t refused = 0;

        cr_assert_neq(at, MAP_FAILED);
        while (*at < count) {
                pid_t child = fork();
                int status;

                cr_assert_geq(child, 0);
                if (child == 0)
                        answer_variants(request, make, count, at);
                cr_assert_eq(waitpid(child, &status, 0), child);
                cr_assert(WIFEXITED(status), "%s, %zu: signal %d", what, *at, WTERMSIG(status));
                status = WEXITSTATUS(status) - ENDED_ITSELF;
                cr_assert(status == (*at < count), "%s, %zu: status %d", what, *at,
                          status + ENDED_ITSELF);
                refused += (size_t)status;
                *at += (size_t)status;
        }
        munmap(at, sizeof(*at));
        return refused;
}

/* So that a sanitizer sees a read behind it, there is not a byte more. */
static struct bytes copy_of(const struct bytes *request, size_t size)
{
        struct bytes copy = {malloc(size + (size == 0)), size};

        cr_assert_not_null(copy.data);
        memcpy(copy.data, request->data, size);
        return copy;
}

static struct bytes cut(const struct bytes *request, size_t i)
{
        return copy_of(request, i);
}

static struct bytes flip_bit(const struct bytes *request, size_t i)
{
        struct bytes copy = copy_of(request, request->size);

        copy.data[i / 8] ^= (uint8_t)(1 << i % 8);
        return copy;
}

static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
#define VALUES (sizeof(values) / sizeof(values[0]))

static struct bytes replace_byte(const struct bytes *request, size_t i)
{
        struct bytes copy = copy_of(request, request->size);

        copy.data[i / VALUES] = values[i % VALUES];
        return copy;
}

static struct bytes keep(const struct bytes *request, size_t i)
{
        (void)i;
        return copy_of(request, request->size);
}

Test(hostile, the_whole_request_is_answered)
{
        struct bytes request = make_request();
        char *output, *errors;

        cr_assert_eq(try_variants(&request, keep, 1, "whole"), 0);
        cr_assert_eq(run_plugin(request.data, request.size, &output, &errors), 0);
        cr_assert_str_eq(errors, "");
        cr_assert_gt(strlen(output), 0);
        free(output);
        free(errors);
        free(request.data);
}

Test(hostile, what_is_no_request_ends_in_a_sentence_and_status_1)
{
        static const struct {
                const char *bytes;
                size_t size;
        } inputs[] = {
                {"\xff", 1}, {"hello, world", 12}, {"\x7a\xff\xff\xff\xff\x0f", 6}, {"\0", 1}};

        for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
                char *output, *errors;

                cr_expect_eq(run_plugin(inputs[i].bytes, inputs[i].size, &output, &errors), 1);
                cr_expect_str_eq(output, "");
                cr_expect_not_null(strstr(errors, "protoc-gen-ekiden: "));
                free(output);
                free(errors);
        }
}

Test(hostile, no_bytes_are_an_empty_request)
{
        char *output, *errors;

        cr_expect_eq(run_plugin("", 0, &output, &errors), 0);
        cr_expect_str_eq(errors, "");
        free(output);
        free(errors);
}

Test(hostile, a_request_cut_anywhere_does_no_harm)
{
        struct bytes request = make_request();

        cr_assert_gt(try_variants(&request, cut, request.size, "cut"), request.size / 2);
        free(request.data);
}

Test(hostile, any_flipped_bit_does_no_harm)
{
        struct bytes request = make_request();

        cr_assert_gt(try_variants(&request, flip_bit, 8 * request.size, "flipped bit"), 0);
        free(request.data);
}

Test(hostile, any_replaced_byte_does_no_harm)
{
        struct bytes request = make_request();

        cr_assert_gt(try_variants(&request, replace_byte, VALUES * request.size, "replaced byte"),
                     0);
        free(request.data);
}

/* Puts `count` messages around nothing: each a field with this tag in the one before. */
static struct bytes nest(size_t count, uint8_t outer_tag, uint8_t second_tag, uint8_t tag)
{
        struct bytes bytes = {malloc(8 * count + 8), 0};
        size_t start = 8 * count + 8;

        cr_assert_not_null(bytes.data);
        for (size_t i = 0; i < count; i++) {
                size_t length = bytes.size;
                uint8_t prefix[8];
                size_t used = 0;

                prefix[used++] = i + 1 == count ? outer_tag : i + 2 == count ? second_tag : tag;
                for (; length > 0x7f; length >>= 7)
                        prefix[used++] = (uint8_t)(length | 0x80);
                prefix[used++] = (uint8_t)length;
                start -= used;
                memcpy(bytes.data + start, prefix, used);
                bytes.size += used;
        }
        memmove(bytes.data, bytes.data + start, bytes.size);
        return bytes;
}

/* proto_file = 15, message_type = 4, nested_type = 3 */
Test(hostile, messages_nested_deep_are_refused)
{
        static const size_t depths[] = {2, 20, 40, 63, 64, 65, 66, 100, 1000, 1000000};

        for (size_t i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
                struct bytes bytes = nest(depths[i], 15 << 3 | 2, 4 << 3 | 2, 3 << 3 | 2);

                cr_assert_eq(try_variants(&bytes, keep, 1, "nested"), 1, "%zu deep", depths[i]);
                free(bytes.data);
        }
}

/* What the plugin makes of a schema whose messages are nested so deep: protoc itself stops before.
 */
static char *answer_nested(size_t depth)
{
        enum { DEPTH_MAX = 40 };
        Google__Protobuf__DescriptorProto messages[DEPTH_MAX], *pointers[DEPTH_MAX];
        Google__Protobuf__FileDescriptorProto file = GOOGLE__PROTOBUF__FILE_DESCRIPTOR_PROTO__INIT;
        Google__Protobuf__FileDescriptorProto *proto_file = &file;
        Request request = GOOGLE__PROTOBUF__COMPILER__CODE_GENERATOR_REQUEST__INIT;
        char *output, *errors;
        uint8_t *bytes;
        size_t size;

        cr_assert_leq(depth, DEPTH_MAX);
        file.name = (char *)"deep.proto";
        file.n_message_type = 1;
        file.message_type = pointers;
        for (size_t i = 0; i < depth; i++) {
                google__protobuf__descriptor_proto__init(&messages[i]);
                messages[i].name = (char *)"M";
                messages[i].n_nested_type = i + 1 < depth;
                messages[i].nested_type = &pointers[i + 1];
                pointers[i] = &messages[i];
        }
        request.n_file_to_generate = 1;
        request.file_to_generate = &file.name;
        request.n_proto_file = 1;
        request.proto_file = &proto_file;
        size = google__protobuf__compiler__code_generator_request__get_packed_size(&request);
        bytes = malloc(size);
        cr_assert_not_null(bytes);
        google__protobuf__compiler__code_generator_request__pack(&request, bytes);
        cr_expect_eq(run_plugin(bytes, size, &output, &errors), 0, "%s", errors);
        cr_expect_str_eq(errors, "");
        free(errors);
        free(bytes);
        return output;
}

Test(hostile, a_schema_nested_too_deep_is_told_in_the_answer)
{
        static const char sentence[] =
                "deep.proto:1:1: error: messages are nested more than 32 deep";
        char *output = answer_nested(32);

        cr_expect_null(strstr(output, sentence), "%s", output);
        free(output);
        for (size_t depth = 33; depth <= 40; depth++) {
                output = answer_nested(depth);
                cr_expect_not_null(strstr(output, sentence), "%zu deep: %s", depth, output);
                free(output);
        }
}

/* A chain of types as long as this: whoever walks it may not do so on the stack. */
Test(hostile, long_chains_of_types_are_walked)
{
        enum { COUNT = 3000 };
        char scratch[SCRATCH_SIZE], *errors;
        char *files[] = {"chain_v1.proto", NULL};
        size_t size = (size_t)COUNT * 128 + 512;
        char *text = malloc(size), *next = text;

        cr_assert_not_null(text);
        next += sprintf(next, "syntax = \"proto2\"; package chain.v1;\n"
                              "import \"ekiden/options.proto\";\n"
                              "option (ekiden.program) = { name: \"chain\" version: 1 };\n"
                              "message M0 { option (ekiden.item) = { name: \"m\" };\n"
                              "  optional int32 f = 2 [(ekiden.field).descriptor = true];\n"
                              "  optional M1 m = 1; }\n");
        for (int i = 1; i < COUNT; i++)
                next += sprintf(next,
                                "message M%d { optional M%d m = 1; optional M0 first = 2; }\n", i,
                                i + 1);
        sprintf(next, "message M%d { }\n", COUNT);
        scratch_init(scratch);
        write_file(scratch, files[0], text);
        cr_assert_eq(run_protoc(scratch, scratch, files, &errors), 0, "%s", errors);
        free(errors);
        free(text);
        scratch_deinit(scratch);
}
