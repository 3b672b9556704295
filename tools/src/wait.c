/* SPDX-License-Identifier: MIT */
/* See wait.h. */
#include "wait.h"

#include "listen.h"
#include "request.h"
#include "show.h"

int command_wait(const struct options *options, struct show *show)
{
        struct ekiden_error error = {0};
        struct upgrade upgrade;
        int ending = listen_to_end(options, show, request_wait, &upgrade, &error);

        switch (ending) {
        case ENDING_IDLE:
                show_idle(show, &upgrade);
                break;
        case ENDING_COMMITTED:
                show_committed(show, &upgrade);
                break;
        case ENDING_REHEARSED:
                show_rehearsed(show, &upgrade);
                break;
        case ENDING_FAILED:
                show_failed(show, &upgrade, options->target, &error);
                break;
        default:
                upgrade.undertaking = UNDERTAKING_QUESTION;
                show_failed(show, &upgrade, options->target, &error);
                break;
        }
        upgrade_deinit(&upgrade);
        return ekiden_error_exit_status(error.code);
}
