/* SPDX-License-Identifier: MIT */
/*
 * ekiden-upgrade: what an operator upgrades a running program with, and sees it happen.
 */
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cancel.h"
#include "json.h"
#include "list.h"
#include "options.h"
#include "rehearse.h"
#include "show.h"
#include "snapshot.h"
#include "spawn_here.h"
#include "status.h"
#include "tree.h"
#include "upgrade.h"
#include "wait.h"

/*
 * Somebody may have closed them (`>&-`), and the next descriptor that is opened, the control
 * socket, would become the standard output. What takes their place can be neither read nor written
 * in the direction that counts, so it is still noticed that they are missing.
 */
static void occupy_standard_descriptors(void)
{
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
                int direction = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;

                if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", direction) != fd)
                        _exit(ekiden_error_exit_status(EKIDEN_ESYSTEM));
        }
}

/* A connection to each process of a program is open at once, and these may be many. */
static void allow_many_descriptors(void)
{
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
                limit.rlim_cur = limit.rlim_max;
                (void)setrlimit(RLIMIT_NOFILE, &limit);
        }
}

static int run_upgrade(const struct options *options, struct show *show)
{
        if (options->times > 1)
                return command_rehearse(options, show);
        if (options->tree || options->role_count > 0 || options->skip_same)
                return command_tree(options, show);
        return command_upgrade(options, show);
}

static int run(const struct options *options, struct show *show)
{
        switch (options->action) {
        case ACTION_LIST:
                return command_list(options, show);
        case ACTION_STATUS:
                return command_status(options, show);
        case ACTION_WAIT:
                return command_wait(options, show);
        case ACTION_CANCEL:
                return command_cancel(options, show);
        case ACTION_SNAPSHOT:
                return command_snapshot(options, show);
        case ACTION_UPGRADE:
        default:
                return run_upgrade(options, show);
        }
}

/* What nobody could read is a failure, except for an upgrade: that is over, whoever read of it; but
   a rehearsal is nothing else than what it tells. */
static int check_output(const struct options *options, int exit_status)
{
        if (json_is_lost())
                fputs("ekiden-upgrade: memory ran out: not every event was printed\n", stderr);
        else if (fflush(stdout) == 0 && !ferror(stdout))
                return exit_status;
        else
                perror("ekiden-upgrade: cannot write the output");
        if (exit_status == 0 && (options->action != ACTION_UPGRADE || options->rehearse))
                return ekiden_error_exit_status(EKIDEN_ESYSTEM);
        return exit_status;
}

int main(int argc, char **argv)
{
        struct options options;
        struct show show;
        int exit_status;

        spawn_here_remember();
        occupy_standard_descriptors();
        allow_many_descriptors();
        setlocale(LC_CTYPE, "");
        signal(SIGPIPE, SIG_IGN); /* an upgrade does not end because its reader did */
        options_parse(argc, argv, &options);
        show_init(&show, &options);
        exit_status = check_output(&options, run(&options, &show));
        free(options.arguments);
        free(options.roles);
        return exit_status;
}
