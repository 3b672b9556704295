/* SPDX-License-Identifier: MIT */
/*
 * A store of keys and values that speaks Redis's protocol and becomes its own next release while
 * clients use it.
 *
 *     kv-v1 [--port] [PORT]
 */
#include <stdio.h>
#include <string.h>

#include <ekiden/ekiden.h>
#include <ekiden/uv.h>

#include "release.h"

#define PORT "6379"

static void log_message(void *data, enum ekiden_log_level level, const char *message)
{
        (void)data;
        if (level >= EKIDEN_LOG_WARNING)
                fprintf(stderr, "kv: %s\n", message);
}

static int fail(const char *sentence, int exit_status)
{
        fprintf(stderr, "kv: %s\n", sentence);
        return exit_status;
}

static const char *port_of(int argc, char **argv)
{
        if (argc > 1 && strcmp(argv[1], "--port") == 0)
                return argc > 2 ? argv[2] : "";
        return argc > 1 ? argv[1] : PORT;
}

int main(int argc, char **argv)
{
        static struct server server;
        struct ekiden_error error = {0};
        int result;

        setlinebuf(stdout);
        ekiden_set_log(log_message, NULL);
        if (release_start(argc, argv, &error) < 0)
                return fail(error.sentence, ekiden_error_exit_status(error.code));
        if (!server_init(&server, uv_default_loop()))
                return fail("memory ran out", 1);
        result = ekiden_uv_attach(server.loop);
        if (result >= 0)
                result = release_tag(&server);
        if (result < 0)
                return fail(ekiden_error_text(result), ekiden_error_exit_status(result));
        if (result == EKIDEN_FRESH || ekiden_is_restored()) {
                const char *port = ekiden_is_rehearsal() ? "0" : port_of(argc, argv);

                if ((result = server_listen(&server, port)) < 0)
                        return fail(strerror(-result), 1);
        }
        result = server_watch(&server);
        if (result < 0)
                return fail(uv_strerror(result), 1);

        do
                ekiden_update_point("kv_loop");
        while (server_run(&server));
        return 0;
}
