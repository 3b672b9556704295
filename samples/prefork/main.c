/* SPDX-License-Identifier: MIT */
/*
 * A server that forks: a master, and workers that share its listener. Each process is upgraded for
 * itself, and keeps its PID.
 *
 *     prefork-v1 [PORT [WORKERS]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "master.h"
#include "release.h"
#include "signals.h"
#include "worker.h"

/* The master first: a worker that it starts meanwhile is of the new version then. */
static const struct ekiden_role roles[] = {
        {.name = EKIDEN_ROLE_MAIN, .keeps_pid = true},
        {.name = "worker", .keeps_pid = true},
};

static void log_message(void *data, enum ekiden_log_level level, const char *message)
{
        (void)data;
        if (level >= EKIDEN_LOG_WARNING)
                fprintf(stderr, "prefork: %s\n", message);
}

static size_t parse_workers(const char *text)
{
        char *end;
        unsigned long count = strtoul(text, &end, 10);

        if (end != text && !*end && count >= 1 && count <= WORKERS_MAX)
                return count;
        fprintf(stderr, "prefork: \"%s\" is no number from 1 to %d\n", text, WORKERS_MAX);
        exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
        const char *port = argc > 1 ? argv[1] : "7000";
        size_t workers = parse_workers(argc > 2 ? argv[2] : "4");
        struct ekiden_error error;

        setlinebuf(stdout);
        signals_begin();
        ekiden_set_log(log_message, NULL);
        ekiden_set_roles(roles, sizeof(roles) / sizeof(roles[0]));
        if (release_start(argc, argv, &error) < 0) {
                fprintf(stderr, "prefork: %s\n", error.sentence);
                return ekiden_error_exit_status(error.code);
        }
        if (strcmp(ekiden_role(), EKIDEN_ROLE_MAIN) != 0)
                return worker_resume();
        return master_run(port, workers);
}
