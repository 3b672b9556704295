/* SPDX-License-Identifier: MIT */
/* See upgrade.h. */
#include "entry/upgrade.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "entry/control.h"
#include "entry/control_socket.h"
#include "entry/listeners.h"
#include "entry/observer.h"
#include "entry/permit.h"
#include "entry/process.h"
#include "entry/roles.h"
#include "entry/thread_stop.h"
#include "entry/wake.h"
#include "handover/public_pid.h"
#include "wire/clock.h"
#include "wire/look.h"

static struct ek_operator *upgrading; /* who waits for the upgrade under way, or NULL */
static struct ek_upgrade_origin origin; /* of that */
static bool had_threads, is_alone; /* before a split; this is the keeper, and serves on */

bool ek_upgrade_has_lost_threads(void)
{
        return is_alone;
}

void ek_upgrade_after_fork(void)
{
        had_threads = is_alone = false;
        origin = (struct ek_upgrade_origin){0};
}

const struct ek_upgrade_origin *ek_upgrade_origin(void)
{
        return &origin;
}

static void note_origin(const struct ek_upgrade_request *request,
                        const struct ek_operator *operator_)
{
        origin.since_ns = ek_now_ns();
        snprintf(origin.binary, sizeof(origin.binary), "%s", request->binary);
        origin.has_asker = operator_ != NULL;
        origin.user = operator_ ? operator_->user : 0;
        origin.pid = operator_ ? operator_->pid : 0;
}

struct ek_operator *ek_upgrade_operator(void)
{
        return upgrading;
}

void ek_upgrade_forget(const struct ek_operator *operator_)
{
        if (operator_ == upgrading)
                upgrading = NULL;
}

static void on_phase(void *data, enum ekiden_phase phase)
{
        (void)data;
        if (upgrading)
                ek_event_phase(upgrading, phase);
        ek_listeners_phase(phase);
        ek_observe_phase(phase);
        ek_log(EKIDEN_LOG_DEBUG, "upgrade: phase %s", ekiden_phase_name(phase));
}

static void on_progress(void *data, const struct ek_progress *progress)
{
        (void)data;
        if (upgrading)
                ek_event_progress(upgrading, progress);
}

static void on_ahead(void *data, const struct ek_ahead_progress *progress)
{
        (void)data;
        if (upgrading)
                ek_event_ahead(upgrading, progress);
}

/* A pause that takes much longer than usual can be asked about, and called off. */
static void on_linger(void *data, uint64_t waited_ms)
{
        (void)data;
        if (upgrading)
                ek_event_flush(upgrading);
        ek_listeners_flush();
        if (waited_ms > EK_LINGER_MS)
                ek_control_attend(ek_predecessor_report()->update_point);
}

static int on_stop(void *data, const struct ek_wait *wait, struct ek_stands *ret_stands,
                   struct ekiden_error *error)
{
        int r = ek_permit_pause(error);

        (void)data;
        return r < 0 ? r : ek_threads_stop(wait, ret_stands, error);
}

static void on_resume(void *data)
{
        (void)data;
        ek_threads_resume();
}

/* The operator's socket goes with it: in the pause, signals would only cost. */
static void on_unwatch(void *data, int socket)
{
        (void)data;
        ek_wake_unwatch(socket);
        if (upgrading)
                ek_wake_unwatch(ek_link_socket(upgrading->link));
}

static void on_watch(void *data, int socket)
{
        (void)data;
        ek_wake_watch(socket);
        if (upgrading)
                ek_wake_watch(ek_link_socket(upgrading->link));
}

void ek_upgrade_child_ended(void *data, pid_t pid)
{
        char path[EK_CONTROL_PATH_MAX];

        (void)data;
        if (!ek_may_look())
                return; /* see ek_control_unlink() */
        if (ek_control_sibling(pid, true, path, NULL) == 0)
                unlink(path);
        if (ek_control_sibling(pid, false, path, NULL) == 0)
                unlink(path);
}

/* The PID is kept; what of this floor hangs on a PID, follows. */
static void on_split(void *data, enum ek_split_stage stage)
{
        struct ekiden_error error = {0};

        switch (stage) {
        case EK_SPLIT_BEFORE:
                ek_wake_quiet();
                break;
        case EK_SPLIT_KEEPER:
                had_threads = ek_threads_count() > 0;
                ek_threads_after_fork();
                ek_process_mark();
                ek_process.public_pid = ek_public_pid();
                ek_control_give_away();
                (void)ek_wake_after_split(&error);
                break;
        case EK_SPLIT_ALONE:
                ek_upgrade_child_ended(data, ek_process.served_pid);
                ek_process.served_pid = ek_public_pid();
                (void)ek_control_reopen(&error);
                ek_wake_loud();
                is_alone = had_threads;
                break;
        case EK_SPLIT_FAILED:
        default:
                ek_wake_loud();
                break;
        }
        if (error.code != 0)
                ek_log(EKIDEN_LOG_ERROR, "this process cannot be upgraded any more: %s",
                       error.sentence);
}

/* Who is in a sandbox by then could not execute it, and who is not yet is no exception. */
static int check_who_starts(const struct ek_upgrade_request *request, struct ek_operator *operator_,
                            struct ekiden_error *error)
{
        const char *spawned_by = ek_role_spawned_by(ekiden_role());

        if (!spawned_by || request->elsewhere)
                return 0;
        if (operator_)
                operator_->is_sent_on = true;
        error->phase = EKIDEN_PHASE_REQUEST;
        return ekiden_error_set(error, EKIDEN_EREFUSED,
                                "the successor of this process, of role \"%s\", is started by one "
                                "of role \"%s\"; an ekiden-upgrade of version " EKIDEN_VERSION
                                " or later knows how",
                                ekiden_role(), spawned_by);
}

/* Whoever comes while an upgrade is under way is told that; the program is not asked. Who observes
   has heard of phase CHECK where more than that went wrong. */
static int begin(const struct ek_upgrade_request *request, struct ek_operator *operator_,
                 struct ekiden_error *error)
{
        bool is_busy = ek_predecessor_phase() != EKIDEN_PHASE_NONE;
        int r = check_who_starts(request, operator_, error);

        if (r == 0 && !is_busy)
                r = ek_permit(request, operator_ ? operator_->link : NULL, error);
        if (r < 0)
                return r;
        r = ek_predecessor_begin(&ek_process.setup, request, error);
        if (r < 0 && !is_busy)
                ek_observe_called_off(error);
        return r;
}

/* Who asked by the control socket hears who starts the successor, and asks again: nothing is wrong.
 */
static bool is_sent_on(const struct ek_upgrade_request *request,
                       const struct ek_operator *operator_)
{
        return operator_ && !request->elsewhere && ek_role_spawned_by(ekiden_role());
}

int ek_upgrade_begin(struct ek_upgrade_request *request, struct ek_operator *operator_)
{
        struct ekiden_error error = {0};

        request->observer = (struct ek_observer){
                .phase = on_phase,
                .progress = on_progress,
                .ahead = on_ahead,
                .linger = on_linger,
                .stop = on_stop,
                .resume = on_resume,
                .unwatch = on_unwatch,
                .watch = on_watch,
                .child_ended = ek_upgrade_child_ended,
                .split = on_split,
        };
        if (ek_predecessor_phase() == EKIDEN_PHASE_NONE) {
                upgrading = operator_;
                note_origin(request, operator_);
        }
        request->is_by_fork = request->elsewhere && ek_role_spawned_by(ekiden_role());
        ek_log(EKIDEN_LOG_INFO, "%s to %s was asked for",
               request->is_rehearsal ? "rehearsal of an upgrade" : "upgrade", request->binary);
        if (begin(request, operator_, &error) == 0) {
                ek_wake_watch(ek_predecessor_socket());
                return 0;
        }
        if (error.phase == EKIDEN_PHASE_NONE)
                error.phase = EKIDEN_PHASE_CHECK;
        ek_log(is_sent_on(request, operator_) ? EKIDEN_LOG_DEBUG : EKIDEN_LOG_ERROR,
               "upgrade refused: %s", error.sentence);
        if (operator_)
                ek_event_failed(operator_, &error);
        return error.code;
}

void ek_upgrade_begin_unasked(void)
{
        struct ek_upgrade_request request = {
                .binary = ek_process.origin.binary,
                .keeps_pid = ek_role_keeps_pid(),
        };

        (void)ek_upgrade_begin(&request, NULL);
}

void ek_upgrade_failed(const struct ekiden_error *error)
{
        ek_log(EKIDEN_LOG_ERROR, "%s called off in phase %s, this process serves on: %s",
               ek_predecessor_report()->is_rehearsal ? "rehearsal" : "upgrade",
               ekiden_phase_name(error->phase), error->sentence);
        if (upgrading)
                ek_event_called_off(upgrading, error);
        ek_listeners_failed(error);
        ek_observe_called_off(error);
}

/* What was tagged here and asked for by nobody is gone now, or will be in the upgrade: on purpose,
   or forgotten. */
static void log_left_behind(void)
{
        const char *would = ek_predecessor_report()->is_rehearsal ? "would not be" : "was not";

        size_t count;
        struct ek_tagged *const *tagged = ek_tagged_all(&count);

        for (size_t i = 0; i < count; i++)
                if (!ek_predecessor_has_given(tagged[i]))
                        ek_log(EKIDEN_LOG_WARNING,
                               "item \"%s\" %s taken over: the successor did not ask for it",
                               tagged[i]->name, would);
}

static void log_ahead(void)
{
        const struct ek_upgrade_report *report = ek_predecessor_report();

        for (size_t i = 0; i < report->ahead_count; i++) {
                const struct ek_ahead_report *ahead = &report->ahead[i];

                if (ahead->is_declined)
                        ek_log(EKIDEN_LOG_WARNING,
                               "item \"%s\" was not sent ahead, and crossed in the pause: %s",
                               ahead->item, ahead->reason);
                else if (ahead->is_outrun)
                        ek_log(EKIDEN_LOG_WARNING,
                               "item \"%s\" changed faster than it was sent ahead, and %llu keys "
                               "crossed in the pause",
                               ahead->item, (unsigned long long)ahead->rest);
        }
}

void ek_upgrade_rehearsed(void)
{
        log_left_behind();
        log_ahead();
        ek_log(EKIDEN_LOG_INFO,
               "rehearsal done, this process serves on; an upgrade would take over as well");
        if (upgrading)
                ek_event_rehearsed(upgrading);
        ek_listeners_rehearsed();
        ek_observe_done();
        ek_predecessor_forget();
}

void ek_upgrade_committed(void)
{
        log_left_behind();
        log_ahead();
        /* Who finds a process by its name finds the successor alone from here on; also where the
           name is not removed, as from a sandbox. Those who are connected stay so. */
        ek_control_close();
        ek_log(EKIDEN_LOG_INFO, "upgrade done, process %d serves",
               (int)ek_predecessor_report()->successor);
        ek_observe_done(); /* a supervisor must know before the operator goes on */
        if (upgrading)
                ek_event_committed(upgrading);
        ek_listeners_committed();
}
