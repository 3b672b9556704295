/* SPDX-License-Identifier: MIT */
/*
 * Turns the bytes of a file into the inside of a C initialiser, for what the library holds of files
 * that the build makes: `embed < INPUT > OUTPUT`. It is used within the build and not installed.
 */
#include <unistd.h>

#include "read.h"

#define BYTES_PER_LINE 16

int main(void)
{
        struct ek_text input, output;
        struct ek_memory arena;

        ek_memory_init(&arena);
        ek_text_init(&input, &arena);
        ek_text_init(&output, &arena);
        ek_read_all(STDIN_FILENO, &input);
        if (input.length == 0)
                ek_die("there is nothing to embed");
        ek_text_add_hex(&output, (const uint8_t *)input.bytes, input.length, BYTES_PER_LINE, 0);
        ek_text_add_string(&output, "\n");
        ek_write_all(STDOUT_FILENO, output.bytes, output.length);
        ek_memory_deinit(&arena);
        return 0;
}
