/* SPDX-License-Identifier: MIT */
/* The update point: where everything that Ekiden does is done. */
#include <ekiden/update_point.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "entry/attention.h"
#include "entry/check.h"
#include "entry/control.h"
#include "entry/control_socket.h"
#include "entry/find_predecessor.h"
#include "entry/hand_on.h"
#include "entry/leg.h"
#include "entry/listeners.h"
#include "entry/observer.h"
#include "entry/process.h"
#include "entry/restore.h"
#include "entry/thread_report.h"
#include "entry/thread_stop.h"
#include "entry/update_points.h"
#include "entry/upgrade.h"
#include "entry/wake.h"
#include "entry/watch.h"
#include "handover/linger.h"
#include "handover/restore.h"
#include "handover/successor.h"
#include "utf8.h"
#include "wire/clock.h"

#define LINGERING_MS 200 /* until it is seen again whether a killed child is gone */
#define ROUNDS_MAX 64 /* in one update point, however fast requests come */

/* The bits that are the main thread's. */
static int take_attention(void)
{
        const int ours = EK_ATTENTION_ATTEND | EK_ATTENTION_WATCH;

        return ek_attention_clear(ours) & ours;
}

/* A successor that was called off has never served, and must not now. */
static _Noreturn void leave_called_off(const struct ekiden_error *error)
{
        if (error->code != 0)
                ek_log(EKIDEN_LOG_ERROR, "this successor was called off: %s", error->sentence);
        fflush(NULL);
        ek_control_close();
        _exit(EK_EXIT_CALLED_OFF);
}

/* The end of a rehearsal. It has never served; what it has written is worth reading all the same.
 */
static _Noreturn void leave_dismissed(void)
{
        ek_log(EKIDEN_LOG_INFO, "this was a rehearsal, and all went well");
        fflush(NULL);
        _exit(0);
}

/* Forked by a successor before COMMIT: the successor could be called off, or serve, without it. The
   control socket and the handover are the parent's, and are left alone. */
static _Noreturn void leave_forked(void)
{
        ek_log(EKIDEN_LOG_ERROR,
               "a process that a successor forked before it served must not serve; fork before "
               "ekiden_start(), or after the first update point");
        _exit(EK_EXIT_CALLED_OFF);
}

/* The program looks at what it has taken over when all its threads stand. */
static int stand_and_check(struct ekiden_error *error)
{
        int r = ek_threads_await(error);

        return r == 0 ? ek_check(error) : r;
}

/* What a successor does between COMMIT and TAKEN, one of a rehearsal is to be able to do. */
static int check_as_successor(struct ekiden_error *error)
{
        int r = stand_and_check(error);

        return r == 0 && ek_successor_is_rehearsal() ? ek_control_try(error) : r;
}

static void begin_leg(void)
{
        const struct ek_leg *returned = ek_successor_returned();

        if (returned)
                ek_leg_go_on(ek_successor_lineage(), returned);
        else
                ek_leg_begin(ek_successor_lineage(), ek_successor_pause_ns(), false);
}

/* What comes back under its own PID is the leg that it was: of the time lost this alone tells. */
static void log_leg(void)
{
        if (ek_successor_returned())
                ek_log(EKIDEN_LOG_INFO,
                       "this process, leg %u at schema version %u, serves again, after %.1f ms in "
                       "which nobody did",
                       ek_process.setup.leg, ek_process.schema->version,
                       (double)ek_successor_pause_ns() / (double)EK_NS_PER_MS);
        else
                ek_log(EKIDEN_LOG_INFO, "this process, leg %u at schema version %u, serves",
                       ek_process.setup.leg, ek_process.schema->version);
}

static void finish_as_successor(const char *name)
{
        static const struct ek_successor_end end = {
                .check = check_as_successor,
                .publish = ek_control_publish,
                .withdraw = ek_control_close,
        };
        struct ekiden_error error = {0};

        if (ek_successor_state() == EK_SUCCESSOR_FAILED)
                leave_called_off(&error);
        if (ek_successor_finish(name, &end, &error) < 0)
                leave_called_off(&error);
        if (ek_successor_state() == EK_SUCCESSOR_DISMISSED)
                leave_dismissed();
        ek_predecessor_let_go();
        begin_leg();
        ek_threads_settle_stands();
        ek_threads_resume();
        log_leg();
}

/* The first update point after a start from a snapshot. One that has failed has part of its state:
   to serve with that, and hand it on, would lose the rest. */
static void finish_restoring(void)
{
        struct ekiden_error error = {0};

        if (ek_restore_state() == EK_RESTORE_FAILED || ek_restore_check(&error) < 0 ||
            stand_and_check(&error) < 0) {
                ek_log(EKIDEN_LOG_ERROR, "the start from a snapshot has failed: %s",
                       error.code != 0 ? error.sentence : "an item could not be taken");
                fflush(NULL);
                ek_control_close();
                _exit(EK_EXIT_CALLED_OFF);
        }
        ek_restore_end();
        ek_snapshot_end();
        ek_threads_resume();
        ek_log(EKIDEN_LOG_INFO, "this process, leg %u at schema version %u, serves from a snapshot",
               ek_process.setup.leg, ek_process.schema->version);
}

/* Another process serves, and everybody has been told. Not by exit(): an atexit handler might
   remove what that one uses. */
static _Noreturn void leave(void)
{
        if (ek_process.leave)
                ek_process.leave(ek_process.leave_data, ek_predecessor_report()->successor);
        ek_control_close();
        ek_children_abandon();
        fflush(NULL); /* what the log and leave functions have written since the pause began */
        _exit(0);
}

static _Noreturn void leave_to_successor(void)
{
        ek_upgrade_committed();
        leave();
}

/* The process has taken back its state from its keeper, which this is. */
static _Noreturn void leave_returned(const struct ekiden_error *error)
{
        ek_upgrade_failed(error);
        ek_listeners_returned();
        leave();
}

/* A keeper that serves on without the program's threads is soon gone: nobody's turn comes before
   that, and who is told who serves on, is told who will. */
static void attend_failure(const char *name, struct ekiden_error *error)
{
        bool is_handed_on = ek_upgrade_has_lost_threads() && ek_hand_on(name, error);

        ek_control_failed(error);
        if (is_handed_on)
                leave_to_successor();
}

static void attend_once(const char *name)
{
        struct ekiden_error error = {0};
        int r;

        ek_control_attend(name);
        if (ek_wake_was_asked())
                ek_upgrade_begin_unasked();
        r = ek_predecessor_step(name, &error);
        if (r == EK_STEP_COMMITTED)
                leave_to_successor();
        if (r == EK_STEP_RETURNED)
                leave_returned(&error);
        if (r == EK_STEP_REHEARSED)
                ek_control_rehearsed();
        if (r < 0)
                attend_failure(name, &error);
        if (r != EK_STEP_SERVE_ON)
                ek_control_next();
}

static uint64_t earlier(uint64_t a_ns, uint64_t b_ns)
{
        return a_ns < b_ns ? a_ns : b_ns;
}

/* When to look again, should nothing else happen. */
static uint64_t next_wake_ns(void)
{
        uint64_t deadline_ns = earlier(ek_predecessor_deadline(), ek_control_deadline());
        uint64_t soon_ns = ek_now_ns() + LINGERING_MS * EK_NS_PER_MS;

        deadline_ns = earlier(deadline_ns, ek_ahead_wake_ns());
        return ek_children_linger() ? earlier(soon_ns, deadline_ns) : deadline_ns;
}

/* Somebody watches, or it is noted where threads are, and nothing else is to be done: so it costs
   next to nothing. */
static bool is_only_watched(void)
{
        int bits = ek_attention();
        uint64_t until_ns = ek_watch_deadline();

        if (bits == 0 || (bits & EK_ATTENTION_ATTEND))
                return false;
        return !(bits & EK_ATTENTION_WATCH) || (until_ns != UINT64_MAX && ek_now_ns() < until_ns);
}

static void count_attended(const char *name)
{
        struct ek_update_point *point = ek_update_point_at(name);

        if (!point)
                return;
        point->attended++;
        point->last_ns = ek_now_ns();
}

void ekiden_attend(const char *update_point)
{
        char name[EKIDEN_NAME_MAX + 1];
        int saved = errno;
        int rounds = 0;

        if (ek_thread_attend(update_point))
                return; /* it is not the main thread */
        if (!ek_process.is_started || !ek_process_is_this()) {
                take_attention(); /* a forked child: its upgrades are not its parent's */
                if (ek_successor_state() != EK_SUCCESSOR_NONE)
                        leave_forked();
                return;
        }
        if (ek_process.is_attending)
                return; /* a callback of ours came here: the state is between two records */
        ek_process.is_attending = true;
        ek_utf8_copy(name, sizeof(name), update_point && update_point[0] ? update_point : "?");
        ek_watch_pass(name);
        if (is_only_watched()) {
                ek_process.is_attending = false;
                return;
        }
        take_attention();
        if (ek_successor_state() != EK_SUCCESSOR_NONE)
                finish_as_successor(name);
        if (ek_restore_state() != EK_RESTORE_NONE)
                finish_restoring();
        ek_observe_serving();
        count_attended(name);
        ek_thread_note(&ek_threads.main, name);
        ek_threads_log();
        do {
                attend_once(name);
                /* A signal before this line has set the flag again; one after it knocks by itself.
                 */
                ek_wake_at(next_wake_ns());
        } while (take_attention() && ++rounds < ROUNDS_MAX);
        if (rounds == ROUNDS_MAX)
                ek_wake_at(ek_now_ns() + EK_NS_PER_MS);
        ek_watch_keep();
        ek_threads_note(ek_predecessor_phase() != EKIDEN_PHASE_NONE);
        ek_process.is_attending = false;
        errno = saved;
}

bool ekiden_resumed_at(const char *name)
{
        const char *at = NULL;
        bool was_attending;

        if (!ek_thread_is_main())
                return ek_thread_resumed_at(name);
        was_attending = ek_process.is_attending;
        if (ek_process_is_this()) {
                ek_process.is_attending = true; /* callbacks run, if something was sent ahead */
                at = ek_successor_update_point();
                ek_process.is_attending = was_attending;
        }
        return name && at && strcmp(name, at) == 0;
}
