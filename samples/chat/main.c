/* SPDX-License-Identifier: MIT */
/*
 * A chat server that becomes its own next release while people talk.
 *
 *     chat-v1 [PORT]
 */
#include <stdio.h>
#include <string.h>

#include <ekiden/ekiden.h>
#include <ekiden/uv.h>

#include "release.h"
#include "server.h"

static void log_message(void *data, enum ekiden_log_level level, const char *message)
{
        (void)data;
        if (level >= EKIDEN_LOG_WARNING)
                fprintf(stderr, "chat: %s\n", message);
}

static int fail(const char *sentence, int exit_status)
{
        fprintf(stderr, "chat: %s\n", sentence);
        return exit_status;
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

        server_init(&server, uv_default_loop());
        result = ekiden_uv_attach(server.loop);
        if (result >= 0)
                result = release_tag(&server);
        if (result < 0)
                return fail(ekiden_error_text(result), ekiden_error_exit_status(result));
        if (result == EKIDEN_FRESH || ekiden_is_restored()) {
                const char *port = argc > 1 ? argv[1] : "7000";

                result = server_listen(&server, ekiden_is_rehearsal() ? "0" : port);
                if (result < 0)
                        return fail(strerror(-result), 1);
        }
        result = server_watch(&server);
        if (result < 0)
                return fail(uv_strerror(result), 1);

        do
                ekiden_update_point("chat_loop");
        while (server_run(&server));
        return 0;
}
