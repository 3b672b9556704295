/* SPDX-License-Identifier: MIT */
/*
 * See upgrade.h. The tool may be late itself, stopped or without a processor: the last event may
 * then lie in the socket beside a Ctrl-C, or past a deadline. Whatever is there is read before
 * anything is judged.
 */
#include "upgrade.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "attempt.h"
#include "interrupt.h"
#include "next_step.h"
#include "request.h"
#include "show.h"
#include "text.h"
#include "tree.h"
#include "upgrade_events.h"
#include "wire/cleanup.h"
#include "wire/clock.h"

#define WARNINGS_MAX 16 /* that are shown, however many the process sends */
#define LATE_EVENTS_MAX 32768 /* after a deadline; more than a socket holds */

/* The process knows best why; unless all that it knows is that this side called it off. */
static void take_refusal(struct attempt *attempt, const Ekiden__Event *event)
{
        struct ekiden_error told = {0};

        request_refusal(event, &told);
        if (!attempt->upgrade.called_off || told.code != EKIDEN_ECANCELLED)
                *attempt->error = told;
}

/* What the process says of itself before the upgrade, and the operator should know. */
static void warn(struct attempt *attempt, const Ekiden__Event *event)
{
        for (size_t i = 0; i < event->n_warnings && i < WARNINGS_MAX; i++) {
                char sentence[528], *text;

                text = stpcpy(sentence, "warning: ");
                text_clean(event->warnings[i], TEXT_PRINTABLE, text,
                           sizeof(sentence) - (size_t)(text - sentence));
                show_notice(attempt->show, &attempt->upgrade, sentence);
        }
}

static int on_event(struct attempt *attempt, const Ekiden__Event *event)
{
        struct upgrade *upgrade = &attempt->upgrade;
        bool was_seen = upgrade->seen;
        int happening = upgrade_take_event(upgrade, event, attempt->error);

        upgrade->total_us = (ek_now_ns() - upgrade->started_ns) / EK_NS_PER_US;
        switch (happening) {
        case HAPPENING_COMMITTED:
        case HAPPENING_REHEARSED:
                attempt_compare_standings(attempt);
                return ATTEMPT_FINISHED;
        case HAPPENING_QUEUED:
                show_notice(attempt->show, upgrade,
                            "another upgrade is under way: this one waits for its end");
                break;
        case HAPPENING_OTHER_COMMITTED:
                return attempt_follow(attempt);
        case HAPPENING_FAILED:
                if (event->spawned_by && !attempt->by.is_needed && !attempt->calling_off &&
                    !attempt->options->spawn_here)
                        return attempt_ask_again(attempt);
                take_refusal(attempt, event);
                attempt_end_refused(attempt);
                return attempt_failed_unless_gone(attempt, attempt->error->code == EKIDEN_EBUSY
                                                                   ? AFTERMATH_UNKNOWN
                                                                   : AFTERMATH_ENDED);
        case HAPPENING_SEEN:
                if (!attempt->by.is_needed) /* asked again, it sees it once more */
                        show_seen(attempt->show, upgrade);
                break;
        case HAPPENING_PHASE:
                show_phase(attempt->show, upgrade);
                warn(attempt, event);
                if (upgrade->phase == EKIDEN_PHASE_CHECK)
                        attempt_have_started(attempt, event);
                break;
        case HAPPENING_AHEAD:
                show_ahead(attempt->show, upgrade);
                break;
        case HAPPENING_PROGRESS:
                show_progress(attempt->show, upgrade);
                break;
        case HAPPENING_NOTHING:
        case HAPPENING_IDLE:
                break;
        default:
                return attempt_on_broken(attempt, happening);
        }
        if (upgrade->seen)
                attempt_renew_deadline(attempt);
        if (upgrade->seen && !was_seen && attempt->calling_off)
                attempt_await_farewell(attempt);
        return ATTEMPT_GO_ON;
}

static int wait_for_something(struct attempt *attempt)
{
        struct pollfd sources[] = {
                {.fd = ek_link_socket(attempt->process.link), .events = POLLIN},
                {.fd = attempt->interrupt, .events = POLLIN},
                {.fd = spawn_by_socket(&attempt->by), .events = POLLIN},
        };
        uint64_t now = ek_now_ns();
        uint64_t left_ms =
                attempt->deadline_ns > now ? (attempt->deadline_ns - now) / EK_NS_PER_MS + 1 : 0;
        int tick_ms = show_tick_ms(attempt->show);
        int timeout_ms =
                attempt->deadline_ns == UINT64_MAX || left_ms > INT32_MAX ? -1 : (int)left_ms;

        if (tick_ms >= 0 && (timeout_ms < 0 || tick_ms < timeout_ms))
                timeout_ms = tick_ms;
        if (poll(sources, 3, timeout_ms) < 0 && errno != EINTR) {
                ekiden_error_set_errno(attempt->error, EKIDEN_ESYSTEM, errno,
                                       "cannot wait for the process");
                attempt_let_go(attempt);
                return attempt_failed(attempt, AFTERMATH_UNKNOWN);
        }
        return ATTEMPT_GO_ON;
}

/* Only when nothing is left to read, unless the process talks without end. */
static bool is_deadline_over(struct attempt *attempt, bool was_over, bool is_idle)
{
        return was_over && (is_idle || ++attempt->late_events > LATE_EVENTS_MAX);
}

/*
 * An event that is there comes first, since it may be the last one. But one at a time, so that a
 * process that talks without end keeps nobody from calling it off.
 */
static int step(struct attempt *attempt)
{
        Ekiden__Event *event auto_event = NULL;
        bool was_over = ek_now_ns() >= attempt->deadline_ns;
        int r = request_event(attempt->process.link, &event, attempt->error);
        bool is_idle = r == EKIDEN_ETIMEOUT;
        int signal_number;

        if (r < 0 && !is_idle)
                return attempt_on_broken(attempt, r);
        r = is_idle ? attempt_hear_spawner(attempt) : on_event(attempt, event);
        if (r != ATTEMPT_GO_ON)
                return r;
        signal_number = interrupt_take(attempt->interrupt);
        if (signal_number > 0)
                r = attempt_on_signal(attempt, signal_number);
        else if (is_deadline_over(attempt, was_over, is_idle))
                r = attempt_on_deadline(attempt);
        else if (is_idle)
                r = wait_for_something(attempt);
        if (r == ATTEMPT_GO_ON)
                show_tick(attempt->show, &attempt->upgrade);
        return r;
}

static int run(struct attempt *attempt)
{
        struct upgrade *upgrade = &attempt->upgrade;
        uint64_t timeout_ms = attempt->options->timeout_ms;
        int r;

        attempt_set_deadline(attempt, upgrade->started_ns,
                             timeout_ms > 0 ? timeout_ms : ATTEMPT_SEEN_MS);
        r = attempt_ask(attempt, attempt->options);
        if (r < 0)
                return attempt_failed_unless_gone(attempt, AFTERMATH_UNKNOWN);
        while (r == ATTEMPT_GO_ON)
                r = step(attempt);
        return r;
}

static int begin(struct attempt *attempt, const char *target)
{
        const struct options *options = attempt->options;
        int r = find_process(target, &attempt->process, attempt->error);

        if (r < 0)
                return r;
        attempt_begin(attempt, ek_now_ns());
        if (!attempt->process.link) {
                process_blocked(&attempt->process, attempt->error);
                return attempt_failed_unless_gone(attempt, AFTERMATH_UNKNOWN);
        }
        attempt->binary = request_binary_path(options->binary);
        if (!attempt->binary)
                return ekiden_error_set(attempt->error, EKIDEN_ENOMEM, "%s",
                                        ekiden_error_text(EKIDEN_ENOMEM));
        if (options->spawn_here)
                r = spawn_here_check(&attempt->here, attempt->binary, attempt->error);
        if (r < 0)
                return r;
        attempt->interrupt = interrupt_open(attempt->error);
        return attempt->interrupt < 0 ? attempt->interrupt : run(attempt);
}

int upgrade_attempt(const struct options *options, const char *target, struct show *show,
                    struct upgrade *ret_upgrade, struct ekiden_error *error)
{
        struct attempt attempt = {
                .options = options,
                .show = show,
                .error = error,
                .interrupt = -1,
                .pair = HANDOVER_PAIR_NONE,
                .here = SPAWN_HERE_NONE,
                .by = SPAWN_BY_NONE,
                .upgrade = {.rehearse = options->rehearse,
                            .verify = options->verify,
                            .phase = EKIDEN_PHASE_REQUEST},
        };
        int r = begin(&attempt, target);

        if (r < 0 && error->phase == EKIDEN_PHASE_NONE)
                error->phase = attempt.upgrade.phase;
        if (r < 0)
                next_step_for_ended(&attempt.upgrade);
        if (r < 0)
                next_step_for_binary(&attempt.upgrade, options, attempt.binary, error);
        if (r < 0)
                next_step_for_lost_pid(&attempt.upgrade, error);
        attempt_leave_or_end(&attempt, r >= 0);
        process_deinit(&attempt.process);
        free(attempt.binary);
        ek_close(&attempt.interrupt);
        *ret_upgrade = attempt.upgrade;
        return r < 0 ? error->code : 0;
}

pid_t upgrade_serving_pid(const struct upgrade *upgrade)
{
        return upgrade->serving_pid > 0 ? upgrade->serving_pid : upgrade->pid;
}

bool upgrade_lost_pid(const struct upgrade *upgrade)
{
        return upgrade->aftermath == AFTERMATH_SERVES_ON &&
               upgrade_serving_pid(upgrade) != upgrade->pid;
}

void upgrade_deinit(struct upgrade *upgrade)
{
        free(upgrade->accounts);
        upgrade->accounts = NULL;
        upgrade->account_count = 0;
}

int command_upgrade(const struct options *options, struct show *show)
{
        struct ekiden_error error = {0};
        struct upgrade upgrade;
        int r = upgrade_attempt(options, options->target, show, &upgrade, &error);

        /* Several processes may be one tree. */
        if (r == EKIDEN_EAMBIGUOUS && upgrade.pid == 0 && find_pid(options->target) == 0)
                return command_tree(options, show);
        if (r < 0)
                next_step_for_search(&upgrade, options, &error);
        if (r < 0)
                show_failed(show, &upgrade, options->target, &error);
        else if (options->rehearse)
                show_rehearsed(show, &upgrade);
        else
                show_committed(show, &upgrade);
        upgrade_deinit(&upgrade);
        return ekiden_error_exit_status(r);
}
