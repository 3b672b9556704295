/* SPDX-License-Identifier: MIT */
/*
 * protoc-gen-ekiden: what protoc calls for `--ekiden_out=DIR`.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "generate.h"
#include "read.h"

static const char usage[] =
        "protoc-gen-ekiden " EKIDEN_BUILD_VERSION ": a protoc plugin that turns a schema of a "
        "program's state\n"
        "into FILE.ekiden.h and FILE.ekiden.c, to go with protoc-c's FILE.pb-c.h and FILE.pb-c.c.\n"
        "\n"
        "    protoc --c_out=DIR --ekiden_out=DIR FILE.proto\n"
        "\n"
        "or two of them into the hop that turns the older one's state into the newer one's, or "
        "back,\n"
        "and into the file with the functions that are left to write:\n"
        "\n"
        "    protoc --ekiden_out=hop:DIR OLD.proto NEW.proto\n"
        "    protoc --ekiden_out=downgrade:DIR OLD.proto NEW.proto\n"
        "    protoc --ekiden_out=scaffold:DIR OLD.proto NEW.proto\n"
        "    protoc --ekiden_out=scaffold,downgrade:DIR OLD.proto NEW.proto\n"
        "\n"
        "protoc calls it. The schema's options are described in ekiden/options.proto.\n";

/* Returns the exit status. */
static int print(const char *text)
{
        if (fputs(text, stdout) < 0 || fflush(stdout) != 0)
                ek_die("stdout could not be written: %s", strerror(errno));
        return 0;
}

int main(int argc, char **argv)
{
        Google__Protobuf__Compiler__CodeGeneratorRequest *request;
        struct ek_text input, output;
        struct ek_memory arena;

        if (argc == 2 && strcmp(argv[1], "--version") == 0)
                return print("protoc-gen-ekiden " EKIDEN_BUILD_VERSION "\n");
        if (argc == 2 && strcmp(argv[1], "--help") == 0)
                return print(usage);
        if (argc > 1 || isatty(STDIN_FILENO)) {
                fputs(usage, stderr);
                return 64; /* EX_USAGE */
        }
        ek_memory_init(&arena);
        ek_text_init(&input, &arena);
        ek_text_init(&output, &arena);
        ek_read_all(STDIN_FILENO, &input);
        request = ek_read_request(&arena, (const uint8_t *)input.bytes, input.length);
        if (request == NULL)
                ek_die("stdin is no CodeGeneratorRequest: let protoc call this program");
        ek_generate(&arena, request, &output);
        ek_write_all(STDOUT_FILENO, output.bytes, output.length);
        ek_memory_deinit(&arena);
        return 0;
}
