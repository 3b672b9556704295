/* SPDX-License-Identifier: MIT */
/*
 * A store of keys and values that speaks Redis's protocol and becomes its own next release while
 * clients use it.
 *
 *     kv-v1 [--in-pause] [[--port] PORT]
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

struct options {
        const char *port; /* NULL: the arguments cannot be understood */
        bool in_pause; /* nothing is sent ahead in an upgrade to this process */
};

static struct options parse(int argc, char **argv)
{
        struct options options = {.port = PORT};

        for (int i = 1; i < argc; i++) {
                if (strcmp(argv[i], "--in-pause") == 0)
                        options.in_pause = true;
                else if (strcmp(argv[i], "--port") == 0)
                        options.port = argv[++i];
                else
                        options.port = argv[i];
        }
        return options;
}

int main(int argc, char **argv)
{
        static struct server server;
        const struct options options = parse(argc, argv);
        struct ekiden_error error = {0};
        int result;

        if (!options.port)
                return fail("usage: kv-vN [--in-pause] [[--port] PORT]", 64);
        setlinebuf(stdout);
        ekiden_set_log(log_message, NULL);
        if (release_start(argc, argv, &error) < 0)
                return fail(error.sentence, ekiden_error_exit_status(error.code));
        if (!server_init(&server, uv_default_loop()))
                return fail("memory ran out", 1);
        result = ekiden_uv_attach(server.loop);
        if (result >= 0)
                result = release_tag(&server, options.in_pause);
        if (result < 0)
                return fail(ekiden_error_text(result), ekiden_error_exit_status(result));
        if (result == EKIDEN_FRESH || ekiden_is_restored()) {
                const char *port = ekiden_is_rehearsal() ? "0" : options.port;

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
