/* SPDX-License-Identifier: MIT */
/*
 * ekiden-schema: what a programmer, and a program's CI, ask about schemas of its state.
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "output.h"

static int (*const commands[])(const struct options *options) = {
        [ACTION_CHECK] = command_check,   [ACTION_DIFF] = command_diff,
        [ACTION_FREEZE] = command_freeze, [ACTION_VERIFY] = command_verify,
        [ACTION_IMPORT] = command_import,
};

/* Somebody may have closed them (`>&-`), and a file that is opened next would take their place.
 * What does so here fails where it counts. */
static void occupy_standard_descriptors(void)
{
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
                int direction = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;

                if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", direction) != fd)
                        _exit(STATUS_SYSTEM);
        }
}

int main(int argc, char **argv)
{
        struct options options;
        struct ek_memory arena;
        int status;

        occupy_standard_descriptors();
        setlocale(LC_CTYPE, "");
        ek_exit_failure = STATUS_SYSTEM;
        ek_memory_init(&arena);
        options_parse(argc, argv, &arena, &options);
        status = commands[options.action](&options);
        if (fflush(stdout) != 0 || ferror(stdout)) {
                output_error(&arena, "the output cannot be written: %s", strerror(errno));
                status = STATUS_SYSTEM;
        }
        ek_memory_deinit(&arena);
        return status;
}
