/* SPDX-License-Identifier: MIT */
/*
 * A server with a pool of threads that becomes its own next release while they work.
 *
 *     workers-v1 [PORT [WORKERS]]
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include <ekiden/ekiden.h>

#include "network.h"
#include "release.h"
#include "server.h"

#define WORKERS 4

static void hire_all(struct pool *pool, int count)
{
        for (int i = 1; i <= count; i++) {
                char name[NAME_SIZE];

                snprintf(name, sizeof(name), "worker-%d", i);
                if (!pool_hire(pool, name))
                        errx(1, "there can be no more than %d workers", WORKERS_MAX);
        }
}

int main(int argc, char **argv)
{
        static struct server server = {.listener = -1, .next_id = 1};
        struct ekiden_error error;
        int began;

        setlinebuf(stdout);
        ekiden_set_log(ekiden_log_to_stderr, NULL);
        if (release_start(argc, argv, &error) < 0)
                errx(ekiden_error_exit_status(error.code), "%s", error.sentence);
        if (!pool_init(&server.pool))
                err(1, "there is no eventfd");
        began = release_tag(&server);
        if (began < 0)
                errx(ekiden_error_exit_status(began), "%s", ekiden_error_text(began));
        if (began == EKIDEN_FRESH)
                hire_all(&server.pool, argc > 2 ? atoi(argv[2]) : WORKERS);
        if (began == EKIDEN_FRESH || ekiden_is_restored())
                server.listener = listen_on(ekiden_is_rehearsal() ? "0"
                                            : argc > 1            ? argv[1]
                                                                  : "7000");
        if (!server_watch(&server))
                err(1, "there is no epoll");
        pool_start(&server.pool);
        for (;;) {
                ekiden_update_point("main_loop");
                server_run(&server);
        }
}
