/* SPDX-License-Identifier: MIT */
/* The request, and another one of the same attempt: with who starts the successor, or to who has
   taken over meanwhile. */
#include <stdio.h>
#include <string.h>

#include "attempt.h"
#include "request.h"
#include "show.h"
#include "wire/clock.h"

int attempt_ask(struct attempt *attempt, const struct options *options)
{
        struct handover_pair *pair =
                options->spawn_here || attempt->by.is_needed ? &attempt->pair : NULL;
        int r = 0;

        if (options->spawn_here && !options->replace_arguments)
                r = spawn_here_identify(attempt->process.link, attempt->error);
        if (pair && r == 0) {
                handover_pair_deinit(pair);
                r = handover_pair_make(pair, attempt->error);
        }
        if (r < 0)
                return r;
        return request_upgrade(attempt->process.link, options, attempt->binary, pair,
                               attempt->error);
}

/* For another request of the same attempt. */
static struct options with_time_left(const struct attempt *attempt)
{
        struct options left = *attempt->options;
        uint64_t since_ms = (ek_now_ns() - attempt->upgrade.started_ns) / EK_NS_PER_MS;

        if (left.timeout_ms > 0)
                left.timeout_ms =
                        left.timeout_ms > since_ms + 1 ? left.timeout_ms - (uint32_t)since_ms : 1;
        return left;
}

/* When --timeout has passed; UINT64_MAX: none was given. */
static uint64_t until_ns(const struct attempt *attempt)
{
        const struct options *options = attempt->options;

        return options->timeout_ms > 0
                       ? attempt->upgrade.started_ns + options->timeout_ms * EK_NS_PER_MS
                       : UINT64_MAX;
}

int attempt_ask_again(struct attempt *attempt)
{
        const struct options left = with_time_left(attempt);
        char target[16], next_step[NEXT_STEP_SIZE] = "";
        int r;

        if (left.replace_arguments && !left.tree) {
                ekiden_error_set(attempt->error, EKIDEN_EINVAL,
                                 "the successor of process %d is a fork of another process, which "
                                 "has the arguments of that: leave out those behind --",
                                 (int)attempt->process.pid);
                return attempt_failed_unless_gone(attempt, AFTERMATH_ENDED);
        }
        r = spawn_by_find(&attempt->by, &attempt->process, attempt->binary, until_ns(attempt),
                          attempt->error);

        if (r < 0)
                strcpy(next_step, attempt->by.next_step);
        snprintf(target, sizeof(target), "%d", (int)attempt->process.pid);
        if (r == 0) {
                process_deinit(&attempt->process);
                attempt->process = (struct process){0};
                r = find_process(target, &attempt->process, attempt->error);
        }
        if (r == 0 && !attempt->process.link)
                r = process_blocked(&attempt->process, attempt->error);
        if (r == 0) {
                attempt_begin(attempt, attempt->upgrade.started_ns);
                if (left.timeout_ms == 0)
                        attempt_set_deadline(attempt, ek_now_ns(), ATTEMPT_SEEN_MS);
                r = attempt_ask(attempt, &left);
        }
        if (r < 0)
                strcpy(attempt->upgrade.next_step, next_step);
        return r < 0 ? attempt_failed_unless_gone(attempt, AFTERMATH_ENDED) : ATTEMPT_GO_ON;
}

static int find_successor(struct attempt *attempt, pid_t pid)
{
        struct ekiden_error ignored = {0};
        char target[16];

        snprintf(target, sizeof(target), "%d", (int)pid);
        process_deinit(&attempt->process);
        attempt->process = (struct process){0};
        if (pid > 0 && find_process(target, &attempt->process, &ignored) == 0)
                return 0;
        return find_process(attempt->upgrade.program, &attempt->process, attempt->error);
}

int attempt_follow(struct attempt *attempt)
{
        struct upgrade *upgrade = &attempt->upgrade;
        const struct options left = with_time_left(attempt);
        int r;

        if (attempt->calling_off) {
                upgrade->pid = (pid_t)upgrade->successor_pid.value;
                return attempt_failed(attempt, AFTERMATH_SERVES_ON);
        }
        r = find_successor(attempt, (pid_t)upgrade->successor_pid.value);
        if (r == 0 && !attempt->process.link)
                r = process_blocked(&attempt->process, attempt->error);
        if (r < 0)
                return attempt_failed(attempt, AFTERMATH_UNKNOWN);
        attempt_begin(attempt, upgrade->started_ns);
        if (left.timeout_ms == 0)
                attempt_set_deadline(attempt, ek_now_ns(), ATTEMPT_SEEN_MS);
        show_notice(attempt->show, upgrade, "it has ended, and its new version is asked now");
        r = attempt_ask(attempt, &left);
        return r < 0 ? attempt_failed_unless_gone(attempt, AFTERMATH_UNKNOWN) : ATTEMPT_GO_ON;
}
