/* SPDX-License-Identifier: MIT */
/* The process has closed the connection without a last word, or does not keep to the protocol: what
   became of it, and of the upgrade. */
#include <stdio.h>

#include "attempt.h"
#include "process_state.h"
#include "show.h"
#include "succession.h"

#define ENDING_MS 1000 /* from the closing of a process's sockets until it has ended */

static void say_closed(struct attempt *attempt, bool is_ended)
{
        const struct upgrade *upgrade = &attempt->upgrade;

        if (upgrade->called_off)
                return;
        *attempt->error = (struct ekiden_error){0};
        if (is_ended)
                ekiden_error_set(attempt->error, EKIDEN_EPEER, "process %d ended in phase %s",
                                 (int)upgrade->pid, ekiden_phase_name(upgrade->phase));
        else
                ekiden_error_set(attempt->error, EKIDEN_EPEER,
                                 "process %d closed the connection without a reason; it still runs",
                                 (int)upgrade->pid);
}

/* The process that ended has a successor, which serves. */
static int on_succeeded(struct attempt *attempt, const struct successor *successor)
{
        struct upgrade *upgrade = &attempt->upgrade;
        char sentence[192];

        upgrade->successor_pid = (struct figure){true, (uint64_t)successor->pid};
        if (upgrade->queued)
                return attempt_follow(attempt);
        if (!upgrade->seen) { /* another operator's may have come first */
                ekiden_error_set(attempt->error, EKIDEN_EPEER,
                                 "process %d ended before it said that it had seen the request; "
                                 "process %d has taken over from it",
                                 (int)upgrade->pid, (int)successor->pid);
                return attempt_failed(attempt, AFTERMATH_UNKNOWN);
        }
        upgrade->to_version = (struct figure){true, successor->version};
        upgrade->pause_us = successor->pause_us;
        upgrade->phase = EKIDEN_PHASE_SERVE;
        snprintf(sentence, sizeof(sentence),
                 "process %d ended before it could say so, but process %d has taken over from it",
                 (int)upgrade->pid, (int)successor->pid);
        show_notice(attempt->show, upgrade, sentence);
        *attempt->error = (struct ekiden_error){0};
        return ATTEMPT_FINISHED;
}

/*
 * The process ended without a last word. Later events may have waited in it, so it may have
 * committed and been lost: who serves now, if anybody, can tell. In the commit itself, that nobody
 * serves yet says nothing.
 */
static int on_ended(struct attempt *attempt)
{
        const struct upgrade *upgrade = &attempt->upgrade;
        bool is_ours = upgrade->seen && !upgrade->queued;
        struct successor successor = {0};

        say_closed(attempt, true);
        if (is_ours && (upgrade->phase < EKIDEN_PHASE_WARM || upgrade->rehearse))
                return attempt_failed(attempt, AFTERMATH_ENDED);
        switch (succession_find(upgrade->program, upgrade->pid, &successor)) {
        case SUCCESSION_FOUND:
                return on_succeeded(attempt, &successor);
        case SUCCESSION_NONE: /* a keeper of the PID may serve in its place */
                return attempt_failed(attempt, attempt_is_too_late(attempt) || upgrade->keeps_pid
                                                       ? AFTERMATH_UNKNOWN
                                                       : AFTERMATH_ENDED);
        case SUCCESSION_UNSURE:
        default:
                return attempt_failed(attempt, AFTERMATH_UNKNOWN);
        }
}

/* The process closed the connection without a last word. */
static int on_closed(struct attempt *attempt)
{
        attempt->has_heard_all = true;
        if (process_ends_within(attempt->upgrade.pid, ENDING_MS))
                return on_ended(attempt);
        if (attempt_is_too_late(attempt))
                return attempt_failed(attempt, AFTERMATH_UNKNOWN);
        say_closed(attempt, false);
        /* Whatever runs under the PID may be the new version. */
        return attempt_failed(attempt,
                              attempt->upgrade.keeps_pid ? AFTERMATH_UNKNOWN : AFTERMATH_SERVES_ON);
}

int attempt_on_broken(struct attempt *attempt, int reason)
{
        const struct upgrade *upgrade = &attempt->upgrade;

        if (reason == EKIDEN_EPEER)
                return on_closed(attempt);
        attempt_let_go(attempt);
        if (attempt_is_too_late(attempt))
                return attempt_failed(attempt, AFTERMATH_UNKNOWN);
        if (upgrade->seen || upgrade->called_off)
                return attempt_failed(attempt, AFTERMATH_UNKNOWN); /* it cannot be asked any more */
        return attempt_failed_unless_gone(attempt, AFTERMATH_UNKNOWN);
}
