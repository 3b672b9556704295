/* SPDX-License-Identifier: MIT */
/* See cancel.h. */
#include "cancel.h"

#include "listen.h"
#include "request.h"
#include "show.h"

static int too_late(struct show *show, struct upgrade *upgrade, const char *target)
{
        struct ekiden_error error = {.phase = EKIDEN_PHASE_COMMIT};

        ekiden_error_set(&error, EKIDEN_ESTATE,
                         "the commit had begun when the process heard that it should be called "
                         "off; process %d serves now",
                         (int)upgrade->successor_pid.value);
        upgrade->aftermath = AFTERMATH_UPGRADED;
        show_failed(show, upgrade, target, &error);
        return error.code;
}

int command_cancel(const struct options *options, struct show *show)
{
        struct ekiden_error error = {0};
        struct upgrade upgrade;
        int ending = listen_to_end(options, show, request_cancel, &upgrade, &error);
        int r = 0;

        switch (ending) {
        case ENDING_IDLE:
                show_idle(show, &upgrade);
                break;
        case ENDING_FAILED:
                show_cancelled(show, &upgrade, &error);
                break;
        case ENDING_REHEARSED:
                show_rehearsed(show, &upgrade);
                break;
        case ENDING_COMMITTED:
                r = too_late(show, &upgrade, options->target);
                break;
        default:
                upgrade.undertaking = UNDERTAKING_QUESTION;
                show_failed(show, &upgrade, options->target, &error);
                r = error.code;
                break;
        }
        upgrade_deinit(&upgrade);
        return ekiden_error_exit_status(r);
}
