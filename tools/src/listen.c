/* SPDX-License-Identifier: MIT */
/* See listen.h. */
#include "listen.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "interrupt.h"
#include "next_step.h"
#include "process_state.h"
#include "request.h"
#include "show.h"
#include "upgrade_events.h"
#include "wire/cleanup.h"
#include "wire/clock.h"

#define SEEN_TIMEOUT_MS 30000
#define ENDING_MS 100 /* from the closing of a process's sockets until it has ended */
#define LATE_EVENTS_MAX 32768 /* after a deadline; more than a socket holds */

struct listening {
        struct process process;
        struct upgrade *upgrade;
        struct show *show;
        struct ekiden_error *error;
        int interrupt;
        bool is_cancelling; /* that is asked for already, whoever hears of it */
        uint64_t timeout_ms; /* 0: none */
        uint64_t deadline_ns;
        unsigned int late_events; /* read after the deadline */
};

static void show_happening(struct listening *listening, int happening)
{
        if (happening == HAPPENING_SEEN)
                show_seen(listening->show, listening->upgrade);
        else if (happening == HAPPENING_PHASE)
                show_phase(listening->show, listening->upgrade);
        else if (happening == HAPPENING_AHEAD)
                show_ahead(listening->show, listening->upgrade);
        else if (happening == HAPPENING_PROGRESS)
                show_progress(listening->show, listening->upgrade);
}

/* From the first event on the process's own deadlines count. */
static int take_event(struct listening *listening, const Ekiden__Event *event)
{
        struct upgrade *upgrade = listening->upgrade;
        int happening;

        /* It is as welcome as an upgrade: nobody here asked for either. */
        upgrade->rehearse = event->kind == EKIDEN__EVENT_KIND__REHEARSED;
        happening = upgrade_take_event(upgrade, event, listening->error);
        upgrade->total_us = (ek_now_ns() - upgrade->started_ns) / EK_NS_PER_US;
        if (listening->timeout_ms == 0)
                listening->deadline_ns = UINT64_MAX;
        switch (happening) {
        case HAPPENING_IDLE:
                return ENDING_IDLE;
        case HAPPENING_COMMITTED:
                return ENDING_COMMITTED;
        case HAPPENING_REHEARSED:
                return ENDING_REHEARSED;
        case HAPPENING_FAILED:
                request_refusal(event, listening->error);
                next_step_for_lost_pid(upgrade, listening->error);
                return ENDING_FAILED;
        default:
                show_happening(listening, happening);
                return happening < 0 ? happening : 0;
        }
}

static int on_closed(struct listening *listening)
{
        pid_t pid = listening->upgrade->pid;

        *listening->error = (struct ekiden_error){0};
        return ekiden_error_set(listening->error, EKIDEN_EPEER,
                                process_ends_within(pid, ENDING_MS)
                                        ? "process %d ended, and did not say how the upgrade did"
                                        : "process %d closed the connection without a reason; it "
                                          "still runs",
                                (int)pid);
}

static int on_deadline(struct listening *listening)
{
        const struct upgrade *upgrade = listening->upgrade;
        double seconds = (double)(ek_now_ns() - upgrade->started_ns) / 1e9;

        if (upgrade->seen)
                return ekiden_error_set(listening->error, EKIDEN_ETIMEOUT,
                                        "the upgrade of %s (pid %d) was not over after %.1f s: it "
                                        "is in phase %s",
                                        upgrade->program, (int)upgrade->pid, seconds,
                                        ekiden_phase_name(upgrade->phase));
        return ekiden_error_set(listening->error, EKIDEN_ETIMEOUT,
                                "%s (pid %d) came to no update point in %.1f s: it is %s",
                                upgrade->program, (int)upgrade->pid, seconds,
                                process_condition(upgrade->pid));
}

static int on_signal(struct listening *listening)
{
        return ekiden_error_set(listening->error, EKIDEN_ECANCELLED,
                                listening->is_cancelling
                                        ? "the upgrade is to be called off, and nobody listens to "
                                          "how that ends; --status tells"
                                        : "the upgrade is listened to no more, and goes on as it "
                                          "is");
}

static int wait_for_something(struct listening *listening)
{
        struct pollfd sources[] = {
                {.fd = ek_link_socket(listening->process.link), .events = POLLIN},
                {.fd = listening->interrupt, .events = POLLIN},
        };
        uint64_t now = ek_now_ns();
        uint64_t left_ms = listening->deadline_ns > now
                                   ? (listening->deadline_ns - now) / EK_NS_PER_MS + 1
                                   : 0;
        int tick_ms = show_tick_ms(listening->show);
        int timeout_ms = left_ms > INT32_MAX ? -1 : (int)left_ms;

        if (tick_ms >= 0 && (timeout_ms < 0 || tick_ms < timeout_ms))
                timeout_ms = tick_ms;
        if (poll(sources, 2, timeout_ms) < 0 && errno != EINTR)
                return ekiden_error_set_errno(listening->error, EKIDEN_ESYSTEM, errno,
                                              "cannot wait for the process");
        return 0;
}

/* What is there is read first, since it may be the end; but not for ever, from a process that talks
   without one. */
static int step(struct listening *listening)
{
        Ekiden__Event *event auto_event = NULL;
        bool is_over = ek_now_ns() >= listening->deadline_ns;
        int r = request_event(listening->process.link, &event, listening->error);

        if (r == EKIDEN_EPEER)
                return on_closed(listening);
        if (r == 0)
                r = take_event(listening, event);
        else if (r == EKIDEN_ETIMEOUT && is_over)
                r = on_deadline(listening);
        else if (r == EKIDEN_ETIMEOUT)
                r = wait_for_something(listening);
        if (r == 0 && is_over && ++listening->late_events > LATE_EVENTS_MAX)
                r = on_deadline(listening);
        if (r == 0 && interrupt_take(listening->interrupt) > 0)
                r = on_signal(listening);
        if (r == 0)
                show_tick(listening->show, listening->upgrade);
        return r;
}

int listen_to_end(const struct options *options, struct show *show,
                  int (*ask)(struct ek_link *link, struct ekiden_error *error),
                  struct upgrade *ret_upgrade, struct ekiden_error *error)
{
        struct listening listening = {
                .upgrade = ret_upgrade,
                .show = show,
                .error = error,
                .interrupt = -1,
                .is_cancelling = options->action == ACTION_CANCEL,
                .timeout_ms = options->timeout_ms,
        };
        int r = find_process(options->target, &listening.process, error);

        *ret_upgrade = (struct upgrade){.phase = EKIDEN_PHASE_REQUEST, .started_ns = ek_now_ns()};
        if (r < 0)
                next_step_for_search(ret_upgrade, options, error);
        if (r < 0)
                return r;
        strcpy(ret_upgrade->program, listening.process.program);
        ret_upgrade->pid = listening.process.pid;
        listening.deadline_ns =
                ret_upgrade->started_ns +
                (options->timeout_ms > 0 ? options->timeout_ms : SEEN_TIMEOUT_MS) * EK_NS_PER_MS;
        r = listening.process.link ? interrupt_open(error)
                                   : process_blocked(&listening.process, error);
        listening.interrupt = r < 0 ? -1 : r;
        if (r >= 0)
                r = ask(listening.process.link, error);
        while (r == 0)
                r = step(&listening);
        process_deinit(&listening.process);
        ek_close(&listening.interrupt);
        return r;
}
