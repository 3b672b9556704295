/* SPDX-License-Identifier: MIT */
/*
 * What the keeper does where the new version fails before it serves: it calls the process back to
 * its old version, and hands over to that. Where the process is lost, it makes sure of that, and
 * serves in its place.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "handover/keeper_private.h"
#include "handover/pause.h"
#include "handover/public_pid.h"
#include "handover/refusal.h"
#include "utf8.h"
#include "wire/clock.h"

#define FIRST_SIGNAL_MS 10 /* until a process is called that does not come back by itself, … */
#define SIGNALS_MS 100 /* … and called again */
#define ENDS_MS 200 /* a process that closed its socket is on its way out */

static bool is_gone(const struct ek_predecessor *p, int wait_ms)
{
        return ek_process_is_gone(p->keeping.kept, wait_ms);
}

/*
 * The new version may compute, or wait, and not look at its socket: its update signal makes it go
 * back. One that comes to the old version, which is there already, is dropped (way_back.h).
 */
static void call_back(const struct ek_predecessor *p)
{
        if (p->keeping.return_signal != 0)
                (void)pidfd_send_signal(p->keeping.kept, p->keeping.return_signal, NULL, 0);
}

/* The process executes the old binary, which says HELLO on the link of the way back. */
static int await_return(struct ek_predecessor *p, struct ekiden_error *error)
{
        uint64_t began_ns = ek_now_ns();
        uint64_t until_ns = began_ns + p->setup->deadlines->ms[EKIDEN_PHASE_CHECK] * EK_NS_PER_MS;
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
                if (p->request.observer.linger)
                        p->request.observer.linger(p->request.observer.data,
                                                   (ek_now_ns() - began_ns) / EK_NS_PER_MS);
        }
        return ekiden_error_set(error, EKIDEN_EPEER,
                                "the process did not come back to its old version");
}

static int take_back(struct ek_predecessor *p, uint64_t stopped_ns, struct ekiden_error *error)
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
        p->keeping.is_returning = true; /* which nobody calls off */
        r = ek_predecessor_offer(p, true, error);
        if (r == 0)
                r = await_return(p, error);
        return r < 0 ? r : ek_keeper_give(p, stopped_ns, error);
}

/*
 * It can never serve: its link is closed, so no TAKEN of it is accepted (commit.c), and its
 * predecessor lives. What is ended here is what it might still do short of that, and what it holds.
 * Where it cannot be ended, or takes long, it leaves by itself when its TAKEN fails.
 */
static void make_certain(struct ek_predecessor *p)
{
        if (is_gone(p, 0))
                return;
        (void)pidfd_send_signal(p->keeping.kept, SIGKILL, NULL, 0);
        (void)ek_process_is_gone(p->keeping.kept, EK_CHILD_KILL_MS);
}

static void explain_alone(struct ek_predecessor *p, struct ekiden_error *error)
{
        char sentence[361];

        ek_utf8_copy(sentence, sizeof(sentence), error->sentence);
        if (snprintf(error->sentence, sizeof(error->sentence),
                     "%s; process %d is gone, and process %d serves on in its place", sentence,
                     (int)p->report.successor, (int)ek_public_pid()) < 0)
                error->sentence[0] = '\0';
}

/* A successor that went away says nothing; the old version that is back may have been told. */
static void explain_death(struct ek_predecessor *p, bool is_back, struct ekiden_error *error)
{
        bool is_lost;
        char how[96];

        if (error->code != EKIDEN_EPEER)
                return;
        is_lost = !is_back && is_gone(p, ENDS_MS);
        if (is_lost && p->keeping.ended.how == EK_ENDED_UNKNOWN)
                p->keeping.ended = ek_ended_of_lost(p->report.successor, p->keeping.kept);
        if (!ek_ended_say(&p->keeping.ended, how, sizeof(how)))
                snprintf(how, sizeof(how), "%s", is_lost ? "ended" : "left the handover");
        snprintf(error->sentence, sizeof(error->sentence),
                 "the new version %s in phase %s, before it served; see its own messages", how,
                 ekiden_phase_name(error->phase));
}

/* Who spoke in the place of the process whose PID is kept: it has had no state, and gets none. */
static void end_daemon(struct ek_predecessor *p)
{
        pid_t pid = p->child.public_pid;
        char how[96];

        if (pid <= 0)
                return;
        ek_child_end(&p->child, 0, false, how, sizeof(how));
        if (p->request.observer.child_ended)
                p->request.observer.child_ended(p->request.observer.data, pid);
}

int ek_keeper_go_back(struct ek_predecessor *p, uint64_t stopped_ns, struct ekiden_error *error)
{
        struct ekiden_error back = {0};
        int r;

        if (p->cancelled.code != 0)
                *error = p->cancelled;
        if (error->phase == EKIDEN_PHASE_NONE)
                error->phase = p->phase;
        ek_predecessor_catch_up(p, error);
        if (error->from_version == 0) {
                error->from_version = p->setup->schema->version;
                error->to_version = p->report.to_version;
        }
        p->keeping.ended = (struct ek_ended){0};
        if (p->link && error->code != EKIDEN_EPEER)
                ek_refuse(p->link, error);
        p->link = ek_link_free(p->link);
        end_daemon(p);
        ek_given_forget(&p->given);
        r = p->keeping.way_back ? take_back(p, stopped_ns, &back) : EKIDEN_EPEER;
        explain_death(p, r == EK_STEP_COMMITTED, error);
        if (r == EK_STEP_COMMITTED) {
                ek_pause_note_lost(p);
                return EK_STEP_RETURNED;
        }
        p->link = ek_link_free(p->link);
        make_certain(p);
        explain_alone(p, error);
        ek_keeper_tell(p, EK_SPLIT_ALONE);
        return error->code;
}
