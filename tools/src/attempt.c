/* SPDX-License-Identifier: MIT */
/* See attempt.h. How long is waited, and for what; and how an attempt is called off. */
#include "attempt.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "process_state.h"
#include "show.h"
#include "succession.h"
#include "wire/clock.h"

#define GRACE_MS 250 /* for the process to say itself that --timeout has passed */
#define FAREWELL_MS 2000 /* from calling off until the process has confirmed; … */
#define FAREWELL_UNSEEN_MS 250 /* … where no update point has seen the request */
#define COMMIT_MS 60000 /* without an event, from the beginning of the commit */

void attempt_begin(struct attempt *attempt, uint64_t started_ns)
{
        attempt->upgrade = (struct upgrade){
                .pid = attempt->process.pid,
                .rehearse = attempt->options->rehearse,
                .verify = attempt->options->verify,
                .phase = EKIDEN_PHASE_REQUEST,
                .started_ns = started_ns,
        };
        strcpy(attempt->upgrade.program, attempt->process.program);
}

void attempt_set_deadline(struct attempt *attempt, uint64_t since_ns, uint64_t milliseconds)
{
        attempt->deadline_ns = since_ns + milliseconds * EK_NS_PER_MS;
}

bool attempt_is_too_late(const struct attempt *attempt)
{
        return attempt->upgrade.phase >= EKIDEN_PHASE_COMMIT;
}

int attempt_failed(struct attempt *attempt, enum aftermath aftermath)
{
        attempt->upgrade.aftermath = aftermath;
        return attempt->error->code;
}

int attempt_failed_unless_gone(struct attempt *attempt, enum aftermath if_gone)
{
        bool is_alive = process_is_alive(upgrade_serving_pid(&attempt->upgrade));

        return attempt_failed(attempt, is_alive ? AFTERMATH_SERVES_ON : if_gone);
}

void attempt_await_farewell(struct attempt *attempt)
{
        attempt_set_deadline(attempt, ek_now_ns(),
                             attempt->upgrade.seen ? FAREWELL_MS : FAREWELL_UNSEEN_MS);
}

int attempt_call_off(struct attempt *attempt)
{
        attempt->upgrade.called_off = true;
        attempt->error->phase = attempt->upgrade.phase;
        shutdown(ek_link_socket(attempt->process.link), SHUT_WR);
        attempt->calling_off = true;
        attempt->late_events = 0;
        attempt_await_farewell(attempt);
        return ATTEMPT_GO_ON;
}

int attempt_on_signal(struct attempt *attempt, int signal_number)
{
        const char *name = sigabbrev_np(signal_number);

        if (attempt_is_too_late(attempt)) {
                show_notice(attempt->show, &attempt->upgrade,
                            "it is too late to call it off: the new version is taking over");
                return ATTEMPT_GO_ON;
        }
        ekiden_error_set(attempt->error, EKIDEN_ECANCELLED, "called off by the operator (SIG%s)",
                         name ? name : "?");
        if (!attempt->calling_off)
                return attempt_call_off(attempt);
        attempt->deadline_ns = 0; /* a second one waits for nothing, and reads what is there */
        return ATTEMPT_GO_ON;
}

/* A successor that has its name already, and waits, sees no request. */
static bool say_awaited(struct attempt *attempt)
{
        struct upgrade *upgrade = &attempt->upgrade;
        pid_t before = succession_before(upgrade->program, upgrade->pid);

        if (before <= 0)
                return false;
        ekiden_error_set(attempt->error, EKIDEN_ETIMEOUT,
                         "process %d is to succeed process %d, and does not serve yet",
                         (int)upgrade->pid, (int)before);
        snprintf(upgrade->next_step, sizeof(upgrade->next_step),
                 "wait for the end of that upgrade, or call it off with ekiden-upgrade --cancel %d",
                 (int)before);
        return true;
}

int attempt_on_deadline(struct attempt *attempt)
{
        const struct upgrade *upgrade = &attempt->upgrade;
        double seconds = (double)(ek_now_ns() - upgrade->started_ns) / 1e9;

        attempt->has_heard_all = attempt->calling_off;
        if (attempt->calling_off && !attempt_is_too_late(attempt))
                return upgrade->seen ? attempt_failed(attempt, AFTERMATH_UNKNOWN)
                                     : attempt_failed_unless_gone(attempt, AFTERMATH_UNKNOWN);
        if (attempt_is_too_late(attempt)) {
                ekiden_error_set(attempt->error, EKIDEN_ETIMEOUT,
                                 "the process has not said for %d s how the commit went",
                                 COMMIT_MS / 1000);
                return attempt_failed(attempt, AFTERMATH_UNKNOWN);
        }
        if (!upgrade->seen && say_awaited(attempt))
                return attempt_call_off(attempt);
        if (!upgrade->seen)
                ekiden_error_set(attempt->error, EKIDEN_ETIMEOUT,
                                 "%s came to no update point in %.1f s: it is %s", upgrade->program,
                                 seconds, process_condition(upgrade->pid));
        else
                ekiden_error_set(attempt->error, EKIDEN_ETIMEOUT,
                                 "phase %s was not over when --timeout had passed, after %.1f s",
                                 ekiden_phase_name(upgrade->phase), seconds);
        return attempt_call_off(attempt);
}

void attempt_renew_deadline(struct attempt *attempt)
{
        const struct options *options = attempt->options;

        if (attempt_is_too_late(attempt))
                attempt_set_deadline(attempt, ek_now_ns(), COMMIT_MS);
        else if (attempt->calling_off)
                return;
        else if (options->timeout_ms > 0)
                attempt_set_deadline(attempt, attempt->upgrade.started_ns,
                                     (uint64_t)options->timeout_ms + GRACE_MS);
        else
                attempt->deadline_ns = UINT64_MAX;
}
