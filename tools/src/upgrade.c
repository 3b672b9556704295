/* SPDX-License-Identifier: MIT */
/*
 * See upgrade.h. Calling off is a half-close: the process then resumes and answers with the last
 * event, so that the tool says what became of the upgrade, not what it hopes. Should the commit
 * have been faster, the answer is COMMITTED.
 *
 * The tool may be late itself, stopped or without a processor: the last event may then lie in the
 * socket beside a Ctrl-C, or past a deadline. Whatever is there is read before anything is judged.
 */
#include "upgrade.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "failure.h"
#include "interrupt.h"
#include "let_go.h"
#include "next_step.h"
#include "process_state.h"
#include "request.h"
#include "show.h"
#include "spawn_by.h"
#include "spawn_here.h"
#include "standing.h"
#include "succession.h"
#include "text.h"
#include "tree.h"
#include "upgrade_events.h"
#include "wire/arguments.h"
#include "wire/cleanup.h"
#include "wire/clock.h"

#define WARNINGS_MAX 16 /* that are shown, however many the process sends */
#define SEEN_TIMEOUT_MS 30000
#define GRACE_MS 250 /* for the process to say itself that --timeout has passed */
#define FAREWELL_MS 2000 /* from calling off until the process has confirmed; … */
#define FAREWELL_UNSEEN_MS 250 /* … where no update point has seen the request */
#define ENDING_MS 1000 /* from the closing of a process's sockets until it has ended */
#define LATE_EVENTS_MAX 32768 /* after a deadline; more than a socket holds */
#define LEAVING_MS 200 /* for a new version that was refused to leave by itself */
#define DISMISSED_MS 1000 /* after a rehearsal */
#define COMMIT_MS 60000 /* without an event, from the beginning of the commit */

struct attempt {
        struct upgrade upgrade; /* moved to the caller at the end */
        struct process process;
        struct handover_pair pair; /* of --spawn-here; and the new version, once it is started */
        struct spawn_here here;
        struct spawn_by by; /* where another process of the tree starts it */
        struct standing before; /* of the process, if its successor is another's to start */
        const struct options *options;
        char *binary; /* absolute path */
        struct show *show;
        struct ekiden_error *error; /* first one wins: why it was called off, or failed */
        int interrupt;
        uint64_t deadline_ns; /* UINT64_MAX: none */
        bool calling_off; /* half closed, waiting for the process's last word */
        bool has_heard_all; /* that the process could have said before the end */
        unsigned int late_events; /* read after the deadline */
};

enum {
        GO_ON = 0,
        FINISHED = 1,
};

static void begin_attempt(struct attempt *attempt, uint64_t started_ns)
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

static void set_deadline(struct attempt *attempt, uint64_t since_ns, uint64_t milliseconds)
{
        attempt->deadline_ns = since_ns + milliseconds * EK_NS_PER_MS;
}

static bool too_late_to_call_off(const struct attempt *attempt)
{
        return attempt->upgrade.phase >= EKIDEN_PHASE_COMMIT;
}

static int failed(struct attempt *attempt, enum aftermath aftermath)
{
        attempt->upgrade.aftermath = aftermath;
        return attempt->error->code;
}

/* An attempt has ended before the commit: so the process serves on, if it is still there. */
static int failed_unless_gone(struct attempt *attempt, enum aftermath if_gone)
{
        bool is_alive = process_is_alive(attempt->upgrade.pid);

        return failed(attempt, is_alive ? AFTERMATH_SERVES_ON : if_gone);
}

static void await_farewell(struct attempt *attempt)
{
        set_deadline(attempt, ek_now_ns(),
                     attempt->upgrade.seen ? FAREWELL_MS : FAREWELL_UNSEEN_MS);
}

static int call_off(struct attempt *attempt)
{
        attempt->upgrade.called_off = true;
        attempt->error->phase = attempt->upgrade.phase;
        shutdown(ek_link_socket(attempt->process.link), SHUT_WR);
        attempt->calling_off = true;
        attempt->late_events = 0;
        await_farewell(attempt);
        return GO_ON;
}

static int on_signal(struct attempt *attempt, int signal_number)
{
        const char *name = sigabbrev_np(signal_number);

        if (too_late_to_call_off(attempt)) {
                show_notice(attempt->show, &attempt->upgrade,
                            "it is too late to call it off: the new version is taking over");
                return GO_ON;
        }
        ekiden_error_set(attempt->error, EKIDEN_ECANCELLED, "called off by the operator (SIG%s)",
                         name ? name : "?");
        if (!attempt->calling_off)
                return call_off(attempt);
        attempt->deadline_ns = 0; /* a second one waits for nothing, and reads what is there */
        return GO_ON;
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

static int on_deadline(struct attempt *attempt)
{
        const struct upgrade *upgrade = &attempt->upgrade;
        double seconds = (double)(ek_now_ns() - upgrade->started_ns) / 1e9;

        attempt->has_heard_all = attempt->calling_off;
        if (attempt->calling_off && !too_late_to_call_off(attempt))
                return upgrade->seen ? failed(attempt, AFTERMATH_UNKNOWN)
                                     : failed_unless_gone(attempt, AFTERMATH_UNKNOWN);
        if (too_late_to_call_off(attempt)) {
                ekiden_error_set(attempt->error, EKIDEN_ETIMEOUT,
                                 "the process has not said for %d s how the commit went",
                                 COMMIT_MS / 1000);
                return failed(attempt, AFTERMATH_UNKNOWN);
        }
        if (!upgrade->seen && say_awaited(attempt))
                return call_off(attempt);
        if (!upgrade->seen)
                ekiden_error_set(attempt->error, EKIDEN_ETIMEOUT,
                                 "%s came to no update point in %.1f s: it is %s", upgrade->program,
                                 seconds, process_condition(upgrade->pid));
        else
                ekiden_error_set(attempt->error, EKIDEN_ETIMEOUT,
                                 "phase %s was not over when --timeout had passed, after %.1f s",
                                 ekiden_phase_name(upgrade->phase), seconds);
        return call_off(attempt);
}

/* Each step forward may move the deadline: what it was for is over. */
static void renew_deadline(struct attempt *attempt)
{
        const struct options *options = attempt->options;

        if (too_late_to_call_off(attempt))
                set_deadline(attempt, ek_now_ns(), COMMIT_MS);
        else if (attempt->calling_off)
                return;
        else if (options->timeout_ms > 0)
                set_deadline(attempt, attempt->upgrade.started_ns,
                             (uint64_t)options->timeout_ms + GRACE_MS);
        else
                attempt->deadline_ns = UINT64_MAX;
}

static int follow(struct attempt *attempt);

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
                return follow(attempt);
        if (!upgrade->seen) { /* another operator's may have come first */
                ekiden_error_set(attempt->error, EKIDEN_EPEER,
                                 "process %d ended before it said that it had seen the request; "
                                 "process %d has taken over from it",
                                 (int)upgrade->pid, (int)successor->pid);
                return failed(attempt, AFTERMATH_UNKNOWN);
        }
        upgrade->to_version = (struct figure){true, successor->version};
        upgrade->pause_us = successor->pause_us;
        upgrade->phase = EKIDEN_PHASE_SERVE;
        snprintf(sentence, sizeof(sentence),
                 "process %d ended before it could say so, but process %d has taken over from it",
                 (int)upgrade->pid, (int)successor->pid);
        show_notice(attempt->show, upgrade, sentence);
        *attempt->error = (struct ekiden_error){0};
        return FINISHED;
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
                return failed(attempt, AFTERMATH_ENDED);
        switch (succession_find(upgrade->program, upgrade->pid, &successor)) {
        case SUCCESSION_FOUND:
                return on_succeeded(attempt, &successor);
        case SUCCESSION_NONE: /* a keeper of the PID may serve in its place */
                return failed(attempt, too_late_to_call_off(attempt) || upgrade->keeps_pid
                                               ? AFTERMATH_UNKNOWN
                                               : AFTERMATH_ENDED);
        case SUCCESSION_UNSURE:
        default:
                return failed(attempt, AFTERMATH_UNKNOWN);
        }
}

/* The process closed the connection without a last word. */
static int on_closed(struct attempt *attempt)
{
        attempt->has_heard_all = true;
        if (process_ends_within(attempt->upgrade.pid, ENDING_MS))
                return on_ended(attempt);
        if (too_late_to_call_off(attempt))
                return failed(attempt, AFTERMATH_UNKNOWN);
        say_closed(attempt, false);
        /* Whatever runs under the PID may be the new version. */
        return failed(attempt,
                      attempt->upgrade.keeps_pid ? AFTERMATH_UNKNOWN : AFTERMATH_SERVES_ON);
}

/* What was started from here is to be ended if it was not committed to. */
static void make_it_let_go(struct attempt *attempt)
{
        bool is_started = attempt->here.child.pid > 0 || attempt->by.is_needed;

        if (is_started && !too_late_to_call_off(attempt))
                attempt->has_heard_all = let_go(attempt->process.link, attempt->upgrade.pid);
}

/* The connection is of no more use: the process closed it, or does not keep to the protocol. */
static int on_broken(struct attempt *attempt, int reason)
{
        const struct upgrade *upgrade = &attempt->upgrade;

        if (reason == EKIDEN_EPEER)
                return on_closed(attempt);
        make_it_let_go(attempt);
        if (too_late_to_call_off(attempt))
                return failed(attempt, AFTERMATH_UNKNOWN);
        if (upgrade->seen || upgrade->called_off)
                return failed(attempt, AFTERMATH_UNKNOWN); /* it cannot be asked any more */
        return failed_unless_gone(attempt, AFTERMATH_UNKNOWN);
}

/* The process knows best why; unless all that it knows is that this side called it off. */
static void take_refusal(struct attempt *attempt, const Ekiden__Event *event)
{
        struct ekiden_error told = {0};

        request_refusal(event, &told);
        if (!attempt->upgrade.called_off || told.code != EKIDEN_ECANCELLED)
                *attempt->error = told;
}

/* With options as they are, or with less time left. */
static int ask(struct attempt *attempt, const struct options *options)
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

/* What the process was started with, by its word. */
static int read_arguments(const struct attempt *attempt, const Ekiden__Event *event,
                          char ***ret_arguments)
{
        int r = spawn_here_judge(attempt->process.link, attempt->error);

        if (r < 0)
                return r;
        if (event->arguments_left_out)
                return ekiden_error_set(attempt->error, EKIDEN_ELIMIT,
                                        "the process was started with arguments that are too long "
                                        "for it to tell; give them behind --");
        r = ek_arguments_read(event->arguments, event->n_arguments, ret_arguments);
        if (r < 0)
                return ekiden_error_set(attempt->error, r, "%s", ekiden_error_text(r));
        return 0;
}

/* With the arguments that stand behind --, or else with those of the process. */
static int start_here(struct attempt *attempt, const Ekiden__Event *event)
{
        const struct options *options = attempt->options;
        struct spawn_here_order order = {
                .path = attempt->binary,
                .arguments = options->arguments,
                .argument_count = options->argument_count,
                .spares_output = options->json,
        };
        ek_auto_free char **told = NULL;

        if (!options->replace_arguments) {
                int r = read_arguments(attempt, event, &told);

                if (r < 0)
                        return r;
                order.arguments = told;
                order.argument_count = event->n_arguments;
        }
        return spawn_here_start(&attempt->here, &order, &attempt->pair, attempt->error);
}

/* The process waits for a successor, unless it has one. */
static void have_it_started(struct attempt *attempt, const Ekiden__Event *event)
{
        int r;

        if (attempt->pair.successors < 0 || attempt->calling_off)
                return;
        attempt->before = standing_of(attempt->process.pid);
        if (attempt->by.is_needed)
                r = spawn_by_ask(&attempt->by, &attempt->pair, attempt->error);
        else
                r = start_here(attempt, event);
        if (r < 0)
                call_off(attempt);
}

/* Who was asked for the successor has answered, or not yet. */
static int hear_spawner(struct attempt *attempt)
{
        struct ekiden_error told = {0};

        if (spawn_by_step(&attempt->by, &told) == 0 || attempt->calling_off)
                return GO_ON;
        *attempt->error = told;
        return call_off(attempt);
}

/* What was started from here serves, or is gone. Before phase WARM it cannot have been committed
   to, if no later event was overheard; after it only the process can say that it was not. */
static void leave_or_end(struct attempt *attempt, bool is_done)
{
        if (is_done && attempt->options->rehearse) {
                spawn_here_end(&attempt->here, DISMISSED_MS, NULL);
                spawn_by_end(&attempt->by, DISMISSED_MS);
        }
        if (!is_done && attempt->has_heard_all && attempt->upgrade.phase < EKIDEN_PHASE_WARM) {
                spawn_here_end(&attempt->here, LEAVING_MS, NULL);
                spawn_by_end(&attempt->by, LEAVING_MS);
        }
        spawn_here_deinit(&attempt->here);
        spawn_by_deinit(&attempt->by);
        handover_pair_deinit(&attempt->pair);
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

/* The process does not start its successor, and has said so: it is asked again, with an end of a
   socket pair whose other end is for the process that does. */
static int ask_again(struct attempt *attempt)
{
        const struct options left = with_time_left(attempt);
        char target[16], next_step[NEXT_STEP_SIZE] = "";
        int r;

        if (left.replace_arguments && !left.tree) {
                ekiden_error_set(attempt->error, EKIDEN_EINVAL,
                                 "the successor of process %d is a fork of another process, which "
                                 "has the arguments of that: leave out those behind --",
                                 (int)attempt->process.pid);
                return failed_unless_gone(attempt, AFTERMATH_ENDED);
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
                begin_attempt(attempt, attempt->upgrade.started_ns);
                if (left.timeout_ms == 0)
                        set_deadline(attempt, ek_now_ns(), SEEN_TIMEOUT_MS);
                r = ask(attempt, &left);
        }
        if (r < 0)
                strcpy(attempt->upgrade.next_step, next_step);
        return r < 0 ? failed_unless_gone(attempt, AFTERMATH_ENDED) : GO_ON;
}

/* The upgrade that this one waited for has replaced the process: its successor is asked, with what
   is left of the time. */
static int follow(struct attempt *attempt)
{
        struct upgrade *upgrade = &attempt->upgrade;
        const struct options left = with_time_left(attempt);
        int r;

        if (attempt->calling_off) {
                upgrade->pid = (pid_t)upgrade->successor_pid.value;
                return failed(attempt, AFTERMATH_SERVES_ON);
        }
        r = find_successor(attempt, (pid_t)upgrade->successor_pid.value);
        if (r == 0 && !attempt->process.link)
                r = process_blocked(&attempt->process, attempt->error);
        if (r < 0)
                return failed(attempt, AFTERMATH_UNKNOWN);
        begin_attempt(attempt, upgrade->started_ns);
        if (left.timeout_ms == 0)
                set_deadline(attempt, ek_now_ns(), SEEN_TIMEOUT_MS);
        show_notice(attempt->show, upgrade, "it has ended, and its new version is asked now");
        r = ask(attempt, &left);
        return r < 0 ? failed_unless_gone(attempt, AFTERMATH_UNKNOWN) : GO_ON;
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

/* Who starts a successor lends it his own rights, until it gives them up. It has by now: it came to
   its update point. After a rehearsal it may be gone, and nothing is known of it. */
static void compare_standings(struct attempt *attempt)
{
        const struct figure *told = &attempt->upgrade.successor_pid;
        pid_t pid = told->known                        ? (pid_t)told->value
                    : attempt->by.child.public_pid > 0 ? attempt->by.child.public_pid
                                                       : attempt->here.child.pid;
        struct standing after = {0};
        char sentence[256];

        if (pid > 0)
                after = standing_of(pid);
        if (standing_has_grown(&attempt->before, &after, sentence, sizeof(sentence)))
                show_notice(attempt->show, &attempt->upgrade, sentence);
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
                compare_standings(attempt);
                return FINISHED;
        case HAPPENING_QUEUED:
                show_notice(attempt->show, upgrade,
                            "another upgrade is under way: this one waits for its end");
                break;
        case HAPPENING_OTHER_COMMITTED:
                return follow(attempt);
        case HAPPENING_FAILED:
                if (event->spawned_by && !attempt->by.is_needed && !attempt->calling_off &&
                    !attempt->options->spawn_here)
                        return ask_again(attempt);
                take_refusal(attempt, event);
                spawn_here_end(&attempt->here, LEAVING_MS, attempt->error);
                spawn_by_explain(&attempt->by, attempt->error);
                spawn_by_end(&attempt->by, LEAVING_MS);
                return failed_unless_gone(attempt, attempt->error->code == EKIDEN_EBUSY
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
                        have_it_started(attempt, event);
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
                return on_broken(attempt, happening);
        }
        if (upgrade->seen)
                renew_deadline(attempt);
        if (upgrade->seen && !was_seen && attempt->calling_off)
                await_farewell(attempt);
        return GO_ON;
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
                make_it_let_go(attempt);
                return failed(attempt, AFTERMATH_UNKNOWN);
        }
        return GO_ON;
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
                return on_broken(attempt, r);
        r = is_idle ? hear_spawner(attempt) : on_event(attempt, event);
        if (r != GO_ON)
                return r;
        signal_number = interrupt_take(attempt->interrupt);
        if (signal_number > 0)
                r = on_signal(attempt, signal_number);
        else if (is_deadline_over(attempt, was_over, is_idle))
                r = on_deadline(attempt);
        else if (is_idle)
                r = wait_for_something(attempt);
        if (r == GO_ON)
                show_tick(attempt->show, &attempt->upgrade);
        return r;
}

static int run(struct attempt *attempt)
{
        struct upgrade *upgrade = &attempt->upgrade;
        uint64_t timeout_ms = attempt->options->timeout_ms;
        int r;

        set_deadline(attempt, upgrade->started_ns, timeout_ms > 0 ? timeout_ms : SEEN_TIMEOUT_MS);
        r = ask(attempt, attempt->options);
        if (r < 0)
                return failed_unless_gone(attempt, AFTERMATH_UNKNOWN);
        while (r == GO_ON)
                r = step(attempt);
        return r;
}

static int begin(struct attempt *attempt, const char *target)
{
        const struct options *options = attempt->options;
        int r = find_process(target, &attempt->process, attempt->error);

        if (r < 0)
                return r;
        begin_attempt(attempt, ek_now_ns());
        if (!attempt->process.link) {
                process_blocked(&attempt->process, attempt->error);
                return failed_unless_gone(attempt, AFTERMATH_UNKNOWN);
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
        leave_or_end(&attempt, r >= 0);
        process_deinit(&attempt.process);
        free(attempt.binary);
        ek_close(&attempt.interrupt);
        *ret_upgrade = attempt.upgrade;
        return r < 0 ? error->code : 0;
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
                show_failed(show, &upgrade, options->target, &error);
        else if (options->rehearse)
                show_rehearsed(show, &upgrade);
        else
                show_committed(show, &upgrade);
        upgrade_deinit(&upgrade);
        return ekiden_error_exit_status(r);
}
