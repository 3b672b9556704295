/* SPDX-License-Identifier: MIT */
/* See keeper.h. What the keeper does where the new version fails is in keeper_back.c. */
#include "handover/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "handover/keeper_private.h"
#include "handover/linger.h"
#include "handover/pair.h"
#include "handover/public_pid.h"
#include "handover/split.h"
#include "state/arena_item.h"
#include "wire/cleanup.h"
#include "wire/clock.h"
#include "wire/own.h"

#define PROBE_LEAVES_MS 1000 /* it has said HELLO, and has nothing more to do */

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

void ek_keeper_tell(const struct ek_predecessor *p, enum ek_split_stage stage)
{
        if (p->request.observer.split)
                p->request.observer.split(p->request.observer.data, stage);
}

void ek_keeper_end_probe(struct ek_predecessor *p)
{
        char how[96];

        ek_predecessor_unwatch();
        p->link = ek_link_free(p->link);
        ek_child_end(&p->child, PROBE_LEAVES_MS, false, how, sizeof(how));
        p->keeping.is_probing = false;
        p->report.successor = 0;
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
                .return_signal = p->keeping.return_signal,
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
                r = ek_pair_make(sockets, error);
        if (r < 0)
                return r;
        ours = sockets[0];
        theirs = plan.socket = sockets[1];
        r = ek_pair_make(back, error);
        if (r < 0)
                return r;
        ours_back = back[0];
        theirs_back = plan.return_socket = back[1];
        p->token = plan.token;
        p->keeping.return_token = plan.return_token;
        ek_keeper_tell(p, EK_SPLIT_BEFORE);
        ek_arenas_before_split();
        r = ek_split(&plan, &kept, error);
        if (r == 0)
                ek_arenas_after_split();
        if (r == 0)
                ek_children_forget(); /* none is the keeper's */
        ek_keeper_tell(p, r < 0 ? EK_SPLIT_FAILED : EK_SPLIT_KEEPER);
        if (r < 0)
                return r;
        p->child = (struct ek_child){.pidfd = -1, .daemon = -1};
        p->report.successor = public;
        p->keeping.pid = kept;
        r = ek_predecessor_open_link(p, ek_steal_fd(&ours_back), &p->keeping.way_back, error);
        return r < 0 ? r : ek_predecessor_open_link(p, ek_steal_fd(&ours), &p->link, error);
}

int ek_keeper_refuse_daemon(struct ekiden_error *error)
{
        return ekiden_error_set(error, EKIDEN_EREFUSED,
                                "the new binary goes into the background before it serves, and so "
                                "gives up the PID that it is to keep");
}

/* The PID is kept by the process that was split, and by none that it has forked. */
static int check_speaker(struct ek_predecessor *p, struct ekiden_error *error)
{
        if (ek_link_sender(p->link) == p->keeping.pid)
                return 0;
        ek_predecessor_note_speaker(p);
        return ek_keeper_refuse_daemon(error);
}

/* What comes before the first PULL; nobody serves meanwhile. */
static int await_warm(struct ek_predecessor *p, struct ekiden_error *error)
{
        enum ekiden_phase phase = EKIDEN_PHASE_CHECK;

        for (;;) {
                const struct ek_wait wait = ek_predecessor_wait_whole(phase);
                struct ek_frame frame;
                int r = ek_receive(p->link, &wait, &frame, error);

                if (r == 0)
                        r = check_speaker(p, error);
                if (r < 0)
                        return r;
                if (phase == EKIDEN_PHASE_WARM && frame.kind == EKIDEN__FRAME_KIND__WARM)
                        return ek_early_take(p, &frame, error);
                if (phase != EKIDEN_PHASE_CHECK || frame.kind != EKIDEN__FRAME_KIND__HELLO)
                        return ek_link_failed(EKIDEN_EPROTOCOL, error);
                r = ek_predecessor_check_hello(p, &frame, error);
                if (r < 0)
                        return r;
                phase = EKIDEN_PHASE_WARM;
        }
}

int ek_keeper_give(struct ek_predecessor *p, uint64_t stopped_ns, struct ekiden_error *error)
{
        int r = await_warm(p, error);

        if (r == EKIDEN_EPEER)
                ek_predecessor_read_reason(p, error);
        return r < 0 ? ek_predecessor_explain(p, error)
                     : ek_predecessor_hand_over(stopped_ns, error);
}

/* All stand still, and what hangs on the PID beside the program's own is gone: two processes. */
static int stop_and_split(struct ek_predecessor *p, struct ekiden_error *error)
{
        int r;

        ek_keeper_end_probe(p);
        ek_predecessor_enter(EKIDEN_PHASE_PAUSE);
        r = ek_predecessor_stop(p, error); /* the keeper has the main thread alone */
        if (r < 0)
                return r;
        ek_children_end(EK_CHILD_KILL_MS); /* or the new version would reap what it does not know */
        fflush(NULL); /* or both processes would write what is buffered */
        return split(p, error);
}

/* Signals are blocked as long as it is one process: one that is meant for the service is to come to
   the process that keeps the PID, and not to a handler in the memory that it is about to leave. */
int ek_keeper_hand_over(struct ek_predecessor *p, const char *update_point,
                        struct ekiden_error *error)
{
        uint64_t stopped_ns = ek_now_ns();
        sigset_t all, before;
        int r;

        snprintf(p->report.update_point, sizeof(p->report.update_point), "%s", update_point);
        p->stopped_ns = stopped_ns;
        if (p->request.max_pause_ns > 0)
                p->pause_until_ns = stopped_ns + p->request.max_pause_ns;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        r = stop_and_split(p, error);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        if (r < 0 && p->report.successor == 0)
                return r; /* it is one process still */
        if (r == 0)
                r = ek_predecessor_offer(p, false, error);
        if (r == 0)
                r = ek_keeper_give(p, stopped_ns, error);
        return r < 0 ? ek_keeper_go_back(p, stopped_ns, error) : r;
}
