/* SPDX-License-Identifier: MIT */
/* See cancel.h. */
#include "cancel.h"

#include "listen.h"
#include "process_state.h"
#include "request.h"
#include "show.h"
#include "succession.h"

#define ENDING_MS 100 /* from its last word until a process that has committed has ended */

static int too_late(struct show *show, struct upgrade *upgrade, const char *target,
                    const char *since)
{
        struct ekiden_error error = {.phase = EKIDEN_PHASE_COMMIT};

        ekiden_error_set(&error, EKIDEN_ESTATE, "%s; process %d serves now", since,
                         (int)upgrade->successor_pid.value);
        upgrade->aftermath = AFTERMATH_UPGRADED;
        show_failed(show, upgrade, target, &error);
        return error.code;
}

/* In a process that has just committed nothing is under way either, and then it ends. */
static bool was_succeeded(struct upgrade *upgrade)
{
        struct successor successor = {0};

        if (upgrade->pid <= 0 || !process_ends_within(upgrade->pid, ENDING_MS) ||
            succession_find(upgrade->program, upgrade->pid, &successor) != SUCCESSION_FOUND)
                return false;
        upgrade->successor_pid = (struct figure){true, (uint64_t)successor.pid};
        return true;
}

int command_cancel(const struct options *options, struct show *show)
{
        struct ekiden_error error = {0};
        struct upgrade upgrade;
        int ending = listen_to_end(options, show, request_cancel, &upgrade, &error);
        const char *since = "it has ended meanwhile";
        int r = 0;

        if (ending == ENDING_COMMITTED)
                since = "the commit had begun when the process heard that it should be called off";
        else if ((ending == ENDING_IDLE || ending == EKIDEN_EPEER) && was_succeeded(&upgrade))
                ending = ENDING_COMMITTED;
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
                r = too_late(show, &upgrade, options->target, since);
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
