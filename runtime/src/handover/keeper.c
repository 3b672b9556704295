/* SPDX-License-Identifier: MIT */
/* See keeper.h. */
#include "handover/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "handover/predecessor_private.h"
#include "handover/public_pid.h"
#include "handover/refusal.h"
#include "handover/split.h"
#include "state/arena_item.h"
#include "wire/cleanup.h"
#include "wire/clock.h"
#include "wire/own.h"

#define PROBE_LEAVES_MS 1000 /* it has said HELLO, and has nothing more to do */
#define FIRST_SIGNAL_MS 10 /* until a process is called that does not come back by itself, … */
#define SIGNALS_MS 100 /* … and called again */

/* One block: the pointers, and behind them the strings. */
static char **copy_arguments(const char *name, char *const arguments[])
{
        size_t count = 0, size = strlen(name) + 1;
        char **copy, *at;

        for (; arguments[count]; count++)
                size += strlen(arguments[count]) + 1;
        copy = malloc((count + 2) * sizeof(*copy) + size);
        if (!copy)
                return NULL;
        at = (char *)(copy + count + 2);
        copy[0] = at;
        at = stpcpy(at, name) + 1;
        for (size_t i = 0; i < count; i++) {
                copy[i + 1] = at;
                at = stpcpy(at, arguments[i]) + 1;
        }
        copy[count + 1] = NULL;
        return copy;
}

int ek_keeping_begin(struct ek_predecessor *p, int binary, struct ekiden_error *error)
{
        char *const *rest = ek_origin_arguments(p->setup->origin, p->request.arguments);

        p->keeping.binary = ek_own(fcntl(binary, F_DUPFD_CLOEXEC, 0));
        p->keeping.arguments = copy_arguments(p->request.binary, rest);
        p->keeping.is_probing = true;
        if (p->keeping.binary >= 0 && p->keeping.arguments)
                return 0;
        return ekiden_error_set(error, p->keeping.binary < 0 ? EKIDEN_ESYSTEM : EKIDEN_ENOMEM,
                                "cannot make ready what keeping the PID needs");
}

void ek_keeping_end(struct ek_predecessor *p)
{
        struct ek_keeping *keeping = &p->keeping;

        ek_own_close(&keeping->binary);
        ek_own_close(&keeping->kept);
        keeping->way_back = ek_link_free(keeping->way_back);
        free(keeping->arguments);
        *keeping = (struct ek_keeping){.binary = -1, .kept = -1};
}

static void tell(struct ek_predecessor *p, enum ek_split_stage stage)
{
        if (p->request.observer.split)
                p->request.observer.split(p->request.observer.data, stage);
}

static void end_probe(struct ek_predecessor *p)
{
        char how[96];

        ek_predecessor_unwatch();
        p->link = ek_link_free(p->link);
        ek_child_end(&p->child, PROBE_LEAVES_MS, EK_CHILD_KILL_MS, how, sizeof(how));
        p->keeping.is_probing = false;
        p->report.successor = 0;
}

/* Consumes the descriptor on failure as well. */
static int open_link(struct ek_predecessor *p, int socket, struct ek_link **ret_link,
                     struct ekiden_error *error)
{
        int r = ek_link_new(socket, ret_link);

        if (r == 0)
                r = ek_link_identify(*ret_link);
        if (r == 0)
                r = ek_link_prepare(*ret_link, p->request.operator_);
        return r < 0 ? ek_link_failed(r, error) : 0;
}

/* The keeper's ends are made into links behind the split: libuv's loops are not shared so. */
static int split(struct ek_predecessor *p, struct ekiden_error *error)
{
        ek_auto_close int theirs = -1;
        ek_auto_close int theirs_back = -1;
        ek_auto_close int ours = -1;
        ek_auto_close int ours_back = -1;
        struct ek_split_plan plan = {
                .origin = p->setup->origin,
                .binary = p->keeping.binary,
                .arguments = p->keeping.arguments,
        };
        int sockets[2], back[2], r;
        pid_t kept, public = ek_public_pid();

        p->keeping.kept = ek_own(pidfd_open(getpid(), 0));
        if (p->keeping.kept < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "cannot watch the process whose PID is kept");
        r = ek_token_draw(&plan.token, error);
        if (r == 0)
                r = ek_token_draw(&plan.return_token, error);
        if (r == 0)
                r = ek_predecessor_sockets(sockets, error);
        if (r < 0)
                return r;
        ours = sockets[0];
        theirs = plan.socket = sockets[1];
        r = ek_predecessor_sockets(back, error);
        if (r < 0)
                return r;
        ours_back = back[0];
        theirs_back = plan.return_socket = back[1];
        p->token = plan.token;
        p->keeping.return_token = plan.return_token;
        tell(p, EK_SPLIT_BEFORE);
        ek_arenas_before_split();
        r = ek_split(&plan, &kept, error);
        if (r == 0)
                ek_arenas_after_split();
        tell(p, r < 0 ? EK_SPLIT_FAILED : EK_SPLIT_KEEPER);
        if (r < 0)
                return r;
        p->child = (struct ek_child){.pidfd = -1, .daemon = -1};
        p->report.successor = public;
        r = open_link(p, ek_steal_fd(&ours_back), &p->keeping.way_back, error);
        return r < 0 ? r : open_link(p, ek_steal_fd(&ours), &p->link, error);
}

/* What comes before the first PULL; nobody serves meanwhile. */
static int await_warm(struct ek_predecessor *p, struct ekiden_error *error)
{
        enum ekiden_phase phase = EKIDEN_PHASE_CHECK;

        for (;;) {
                const struct ek_wait wait = ek_predecessor_wait_whole(phase);
                struct ek_frame frame;
                int r = ek_receive(p->link, &wait, &frame, error);

                if (r < 0)
                        return r;
                if (phase == EKIDEN_PHASE_WARM && frame.kind == EKIDEN__FRAME_KIND__WARM)
                        return 0;
                if (phase != EKIDEN_PHASE_CHECK || frame.kind != EKIDEN__FRAME_KIND__HELLO)
                        return ek_link_failed(EKIDEN_EPROTOCOL, error);
                r = ek_predecessor_check_hello(p, &frame, error);
                if (r < 0)
                        return r;
                phase = EKIDEN_PHASE_WARM;
        }
}

static int hand_over(struct ek_predecessor *p, bool is_returning, uint64_t stopped_ns,
                     struct ekiden_error *error)
{
        int r = ek_predecessor_offer(p, is_returning, error);

        if (r == 0)
                r = await_warm(p, error);
        if (r == EKIDEN_EPEER)
                ek_predecessor_read_reason(p, error);
        return r < 0 ? ek_predecessor_explain(p, error)
                     : ek_predecessor_hand_over(stopped_ns, error);
}

static bool is_gone(const struct ek_predecessor *p, int timeout_ms)
{
        struct pollfd gone = {.fd = p->keeping.kept, .events = POLLIN};

        return poll(&gone, 1, timeout_ms) == 1;
}

/*
 * The new version may compute, or wait, and not look at its socket: a signal makes it go back. The
 * old one has that signal blocked until its handler is there, and takes it for a wake-up.
 */
static void call_back(const struct ek_predecessor *p)
{
        if (p->keeping.return_signal != 0)
                (void)syscall(SYS_pidfd_send_signal, p->keeping.kept, p->keeping.return_signal,
                              NULL, 0);
}

/* The process executes the old binary, which says HELLO on the link of the way back. */
static int await_return(struct ek_predecessor *p, struct ekiden_error *error)
{
        uint64_t until_ns =
                ek_now_ns() + p->setup->deadlines->ms[EKIDEN_PHASE_CHECK] * EK_NS_PER_MS;
        struct pollfd polled[] = {
                {.fd = ek_link_socket(p->link), .events = POLLIN},
                {.fd = p->keeping.kept, .events = POLLIN},
        };

        for (int wait_ms = FIRST_SIGNAL_MS; ek_now_ns() < until_ns; wait_ms = SIGNALS_MS) {
                if (poll(polled, 2, wait_ms) < 0)
                        continue;
                if (polled[0].revents != 0)
                        return 0;
                if (polled[1].revents != 0)
                        break;
                call_back(p);
        }
        return ekiden_error_set(error, EKIDEN_EPEER,
                                "the process did not come back to its old version");
}

static int take_back(struct ek_predecessor *p, struct ekiden_error *error)
{
        int r;

        p->link = p->keeping.way_back;
        p->keeping.way_back = NULL;
        p->token = p->keeping.return_token;
        p->serial++;
        p->cancelled = (struct ekiden_error){0};
        p->request.operator_ = NULL; /* it is called off already */
        p->request.until_ns = p->request.max_pause_ns = p->pause_until_ns = 0;
        p->request.is_verified = false;
        p->request.observer.phase = NULL; /* it was told of all that it asked for */
        p->request.observer.progress = NULL;
        p->phase = EKIDEN_PHASE_PAUSE;
        r = ek_predecessor_offer(p, true, error);
        if (r == 0)
                r = await_return(p, error);
        if (r == 0)
                r = await_warm(p, error);
        return r < 0 ? error->code : ek_predecessor_hand_over(ek_now_ns(), error);
}

/* It must not serve any more when the keeper does. */
static void make_certain(struct ek_predecessor *p)
{
        if (is_gone(p, 0))
                return;
        (void)syscall(SYS_pidfd_send_signal, p->keeping.kept, SIGKILL, NULL, 0);
        (void)is_gone(p, EK_CHILD_KILL_MS);
}

static void explain_alone(struct ek_predecessor *p, struct ekiden_error *error)
{
        char sentence[sizeof(error->sentence)];

        snprintf(sentence, sizeof(sentence), "%s", error->sentence);
        if (snprintf(error->sentence, sizeof(error->sentence),
                     "%.380s; process %d is gone, and process %d serves on in its place", sentence,
                     (int)p->report.successor, (int)ek_public_pid()) < 0)
                error->sentence[0] = '\0';
}

/* A successor that went away says nothing. */
static void explain_death(struct ek_predecessor *p, struct ekiden_error *error)
{
        if (error->code == EKIDEN_EPEER)
                snprintf(error->sentence, sizeof(error->sentence),
                         "the new version %s in phase %s, before it served; see its own messages",
                         is_gone(p, 0) ? "ended" : "left the handover",
                         ekiden_phase_name(error->phase));
}

static int go_back(struct ek_predecessor *p, struct ekiden_error *error)
{
        struct ekiden_error back = {0};
        int r;

        if (p->cancelled.code != 0)
                *error = p->cancelled;
        if (error->phase == EKIDEN_PHASE_NONE)
                error->phase = p->phase;
        explain_death(p, error);
        if (p->link && error->code != EKIDEN_EPEER)
                ek_refuse(p->link, error);
        p->link = ek_link_free(p->link);
        ek_given_forget(&p->given);
        r = p->keeping.way_back ? take_back(p, &back) : EKIDEN_EPEER;
        if (r == EK_STEP_COMMITTED)
                return EK_STEP_RETURNED;
        p->link = ek_link_free(p->link);
        make_certain(p);
        explain_alone(p, error);
        tell(p, EK_SPLIT_ALONE);
        return error->code;
}

int ek_keeper_hand_over(struct ek_predecessor *p, const char *update_point,
                        struct ekiden_error *error)
{
        uint64_t stopped_ns;
        int r;

        end_probe(p);
        snprintf(p->report.update_point, sizeof(p->report.update_point), "%s", update_point);
        stopped_ns = ek_now_ns();
        ek_predecessor_enter(EKIDEN_PHASE_PAUSE);
        if (p->request.max_pause_ns > 0)
                p->pause_until_ns = stopped_ns + p->request.max_pause_ns;
        r = ek_predecessor_stop(p, error); /* the keeper has the main thread alone */
        if (r < 0)
                return r;
        fflush(NULL); /* or both processes would write what is buffered */
        r = split(p, error);
        if (r < 0 && p->report.successor == 0)
                return r; /* it is one process still */
        if (r == 0)
                r = hand_over(p, false, stopped_ns, error);
        return r < 0 ? go_back(p, error) : r;
}
