/* SPDX-License-Identifier: MIT */
/*
 * ekiden-inspect: what is in a snapshot, what changed between two, and who could take it over.
 */
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands.h"

/* Somebody may have closed them (`>&-`), and a file that is opened would become standard output. */
static void occupy_standard_descriptors(void)
{
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
                int direction = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;

                if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", direction) != fd)
                        _exit(ekiden_error_exit_status(EKIDEN_ESYSTEM));
        }
}

static int run(struct output *output)
{
        switch (output->options->action) {
        case ACTION_SHOW:
                return command_show(output);
        case ACTION_DIFF:
                return command_diff(output);
        case ACTION_REHEARSE:
                return command_rehearse(output);
        case ACTION_LIST:
        default:
                return command_list(output);
        }
}

/* What nobody could read is a failure. */
static int check_output(int exit_status)
{
        if (fflush(stdout) == 0 && !ferror(stdout))
                return exit_status;
        perror("ekiden-inspect: cannot write the output");
        return ekiden_error_exit_status(EKIDEN_ESYSTEM);
}

int main(int argc, char **argv)
{
        struct options options;
        struct output output;
        int exit_status;

        occupy_standard_descriptors();
        setlocale(LC_CTYPE, "");
        options_parse(argc, argv, &options);
        /* As other commands it ends when its reader did; but not while a new version runs. */
        if (options.action == ACTION_REHEARSE)
                signal(SIGPIPE, SIG_IGN);
        output_init(&output, &options);
        exit_status = check_output(run(&output));
        free(options.arguments);
        return exit_status;
}
