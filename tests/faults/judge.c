/* SPDX-License-Identifier: MIT */
/*
 * See judge.h. The invariants, as issue and design have them: exactly one process serves, with the
 * state that it must have; nothing is left over; the operator is told the truth. That the next
 * upgrade works is seen in play.c.
 */
#include "judge.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ekiden/error.h>

#include "act.h"
#include "ekiden/handover.pb-c.h"
#include "judge_found.h"

#define SNAPSHOT_VARIES_BYTES 256
/* What malloc() splits off a block hangs on how the predecessor's events come in. */
#define FOUND_HEAP_VARIES_BYTES 48
#define TRIES 100 /* of 20 ms, for what is released at a later update point */

void judge_add(struct judgement *judgement, const char *format, ...)
{
        size_t used = strlen(judgement->why);
        va_list arguments;

        if (judgement->faults++ > 0 && used + 2 < judgement->size)
                used += (size_t)snprintf(judgement->why + used, judgement->size - used, "; ");
        va_start(arguments, format);
        vsnprintf(judgement->why + used, judgement->size - used, format, arguments);
        va_end(arguments);
}

static bool is_frame(const struct fault_case *c, unsigned int kind)
{
        return c->place == FRAME_FIRST + kind;
}

/*
 * Who may serve. TAKEN decides, from the moment at which the socket has it. A TAKEN that was sent
 * and never comes is nothing that a UNIX socket does: whoever is left then will do, but only one. A
 * predecessor that is killed leaves nobody, unless the successor had its COMMIT.
 */
static int may_serve_anew(const struct stage *stage, const struct fault_case *c)
{
        const struct plan *plan = stage->plan;
        bool is_killed = plan->has_struck && c->fault == FAULT_KILL;

        if (is_frame(c, EKIDEN__FRAME_KIND__TAKEN) && plan->has_struck)
                return c->fault == FAULT_DELAYED ? NEW : OLD | NEW;
        if (is_killed && c->role == ROLE_SUCCESSOR && plan->is_taken)
                return NOBODY;
        if (is_killed && c->role == ROLE_PREDECESSOR && !plan->is_taken)
                return plan->is_committed ? NOBODY | NEW : NOBODY;
        return plan->is_taken ? NEW : OLD;
}

/* What only the process does whose PID is kept, on its way to the new binary, when the keeper is
   another; or what forks that, in between, when the process has everything still. */
static bool is_beside_the_keeper(const struct fault_case *c)
{
        return c->place == CALL_chdir || c->place == CALL_close_range || c->place == CALL_dup2 ||
               c->place == CALL_execve || c->place == CALL_fork || c->place == CALL_setitimer ||
               c->place == CALL_waitpid;
}

/*
 * The same where the PID is kept. Until TAKEN the process goes back, or the keeper takes its place;
 * it is only with the keeper that all is lost, once it is one.
 */
static int may_serve_kept(const struct stage *stage, const struct fault_case *c)
{
        const struct plan *plan = stage->plan;
        bool is_killed = plan->has_struck && c->fault == FAULT_KILL;

        if (is_frame(c, EKIDEN__FRAME_KIND__TAKEN) && plan->has_struck && c->role != ROLE_RETURNED)
                return c->fault == FAULT_DELAYED ? NEW : OLD | NEW;
        if (is_killed && ((c->role == ROLE_SUCCESSOR && plan->was_taken) ||
                          (c->role == ROLE_RETURNED && plan->was_returned)))
                return NOBODY;
        if (is_killed && c->role == ROLE_PREDECESSOR && !is_beside_the_keeper(c) &&
            !plan->is_taken && !plan->is_returned)
                return plan->is_committed ? NOBODY | NEW | OLD : NOBODY;
        if (plan->is_taken && getenv("SUBJECT_THREADS"))
                return NEW | OLD; /* a keeper has no threads, and has handed on to one that does */
        return plan->is_taken ? NEW : OLD;
}

static int may_serve(const struct stage *stage, const struct fault_case *c)
{
        return scenario_keeps_pid(c->scenario) ? may_serve_kept(stage, c)
                                               : may_serve_anew(stage, c);
}

/*
 * A predecessor that goes on although TAKEN was sent. Behind TAKEN its arena's memory is the
 * successor's, which writes there; only a socket that loses what was sent could bring it back.
 */
static bool is_in_doubt(const struct stage *stage, const struct fault_case *c, int who)
{
        return who == OLD && stage->plan->has_struck && is_frame(c, EKIDEN__FRAME_KIND__TAKEN);
}

/*
 * The keeper of a program of threads, in the same doubt. It has the main thread alone, and whom it
 * would hand on to refuses an arena that the one behind TAKEN has written into. So it stays, and
 * cannot answer.
 */
static bool is_mute(const struct stage *stage, const struct scene *scene)
{
        const struct fault_case *c = scene->fault_case;

        return getenv("SUBJECT_THREADS") && scenario_keeps_pid(c->scenario) &&
               is_in_doubt(stage, c, OLD) && c->fault != FAULT_DELAYED && scene->processes == 1 &&
               !scene->answers && scene->told.status != 0;
}

static int version_of(const struct scene *scene, int who)
{
        return who == NEW && scene->fault_case->scenario != SCENARIO_VERIFIED ? 2 : 1;
}

bool judge_is_needed(unsigned int place)
{
        static const Ekiden__FrameKind kinds[] = {
                EKIDEN__FRAME_KIND__OFFER,        EKIDEN__FRAME_KIND__HELLO,
                EKIDEN__FRAME_KIND__WARM,         EKIDEN__FRAME_KIND__PAUSED,
                EKIDEN__FRAME_KIND__PULL,         EKIDEN__FRAME_KIND__ITEM,
                EKIDEN__FRAME_KIND__BATCH,        EKIDEN__FRAME_KIND__DESCRIPTORS,
                EKIDEN__FRAME_KIND__OBJECTS,      EKIDEN__FRAME_KIND__END,
                EKIDEN__FRAME_KIND__READY,        EKIDEN__FRAME_KIND__COMMIT,
                EKIDEN__FRAME_KIND__DISMISS,      EKIDEN__FRAME_KIND__LEAVING,
                EKIDEN__FRAME_KIND__REQUEST,      EKIDEN__FRAME_KIND__SNAPSHOT,
                EKIDEN__FRAME_KIND__SNAPSHOT_END,
        };

        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
                if (place == FRAME_FIRST + (unsigned int)kinds[i])
                        return true;
        return false;
}

/* A few bytes of a file are written in part where there is no room, and read in part where there
   are no more. */
bool judge_is_harmless(const struct fault_case *c)
{
        return c->scenario != SCENARIO_LATE && c->scenario != SCENARIO_REFUSED &&
               c->scenario != SCENARIO_RETURNED &&
               (c->fault == FAULT_EINTR || c->fault == FAULT_DELAYED ||
                (c->fault == FAULT_SHORT && c->place != CALL_write && c->place != CALL_pread64));
}

/* A fault that no upgrade may survive: a frame that came damaged or not at all, a successor that
   took longer than every deadline. */
static bool is_fatal(const struct stage *stage, const struct fault_case *c)
{
        bool is_gone = c->fault == FAULT_HANG || c->fault == FAULT_STOP || c->fault == FAULT_KILL;

        if (!stage->plan->has_struck)
                return false;
        if (judge_is_needed(c->place))
                return c->fault != FAULT_DELAYED && c->fault != FAULT_FORGED;
        if (c->scenario == SCENARIO_FOUND)
                return found_is_fatal(stage, c);
        return is_gone && c->role == ROLE_SUCCESSOR && !stage->plan->was_taken &&
               (c->scenario == SCENARIO_GOOD || c->scenario == SCENARIO_VERIFIED);
}

static int who_serves(const struct scene *scene)
{
        if (scene->processes == 0)
                return NOBODY;
        if (scenario_keeps_pid(scene->fault_case->scenario))
                return scene->answers && scene->after.version == 1 ? OLD : NEW;
        return scene->answers && scene->after.pid == scene->before.pid ? OLD : NEW;
}

static const char *name_of(int who)
{
        return who == OLD ? "the predecessor" : who == NEW ? "a successor" : "nobody";
}

static void judge_service(const struct stage *stage, const struct scene *scene, int who,
                          struct judgement *judgement)
{
        if (scene->processes > 1)
                judge_add(judgement, "%zu processes are left", scene->processes);
        else if (scene->processes == 1 && !scene->answers)
                judge_add(judgement, "process %d is left and does not answer", (int)scene->one);
        else if (scene->processes == 0 && stage_has_listener(stage))
                judge_add(judgement, "nobody serves, and somebody listens");
        if (!(may_serve(stage, scene->fault_case) & who))
                judge_add(judgement, "%s serves%s%s", name_of(who),
                          stage->plan->is_committed ? ", COMMIT was sent" : "",
                          stage->plan->is_taken ? ", TAKEN was sent" : "");
}

static void judge_state(const struct scene *scene, int who, struct judgement *judgement)
{
        const struct answer *before = &scene->before, *after = &scene->after;

        if (after->version != version_of(scene, who))
                judge_add(judgement, "version %d answers", after->version);
        if (after->asked < before->asked + scene->asked ||
            after->asked > before->asked + scene->asked + scene->unanswered)
                judge_add(judgement, "it was asked %llu times, and says %llu",
                          before->asked + scene->asked, after->asked);
        if (after->sum != before->sum && !judgement->is_doubtful)
                judge_add(judgement, "its state has changed");
}

bool judge_may_leave_socket(const struct fault_case *c)
{
        return c->fault == FAULT_KILL || c->place == CALL_unlink;
}

/* A few update points later it must have in it what it had, or what a successor has. */
static void judge_remains(struct stage *stage, struct scene *scene, int who,
                          struct judgement *judgement)
{
        int descriptors = who == OLD ? scene->before.descriptors : scene->clean->descriptors;
        size_t heap_bytes = who == OLD ? scene->before.heap_bytes : scene->clean->heap_bytes;
        bool may_have_returned = scenario_keeps_pid(scene->fault_case->scenario);
        bool has_its = false;
        size_t files_max = judge_may_leave_socket(scene->fault_case) ? 2 : 1;
        size_t files = 0;

        if (scene->fault_case->scenario == SCENARIO_FOUND && who == NEW)
                heap_bytes += FOUND_HEAP_VARIES_BYTES;
        if (may_have_returned && descriptors < scene->clean->descriptors)
                descriptors = scene->clean->descriptors;
        if (may_have_returned && heap_bytes < scene->clean->heap_bytes)
                heap_bytes = scene->clean->heap_bytes;
        for (int i = 0; i < TRIES; i++) {
                files = stage_sockets(stage, scene->after.pid, &has_its);
                if (scene->after.descriptors <= descriptors && files <= files_max && has_its &&
                    scene->after.heap_bytes <= heap_bytes)
                        break;
                stage_nap(20);
                if (!stage_ask(stage, &scene->after)) {
                        judge_add(judgement, "it answers no more");
                        return;
                }
                scene->asked++;
        }
        judge_state(scene, who, judgement);
        if (scene->after.descriptors > descriptors)
                judge_add(judgement, "%d descriptors, not %d", scene->after.descriptors,
                          descriptors);
        if (scene->after.heap_bytes > heap_bytes)
                judge_add(judgement, "%zu bytes of heap, not %zu", scene->after.heap_bytes,
                          heap_bytes);
        if (files > files_max || !has_its)
                judge_add(judgement, "%zu files are in its directory%s", files,
                          has_its ? "" : ", and not its own");
}

/* Who served on, when the operator was told so, or was about to be. */
static bool is_killed_later(const struct stage *stage, const struct scene *scene)
{
        const struct fault_case *c = scene->fault_case;

        if (c->fault != FAULT_KILL || !stage->plan->has_struck)
                return false;
        if (c->role == ROLE_RETURNED)
                return stage->plan->was_returned;
        return c->role == ROLE_PREDECESSOR && stage->plan->struck_phase == EKIDEN_PHASE_NONE;
}

/* A failure has an error, its exit status, a phase and a sentence. */
static void judge_failure(const struct stage *stage, const struct scene *scene, int who,
                          struct judgement *judgement)
{
        const struct told *told = &scene->told;
        if (told->status <= 0 || told->status != told->claimed_status)
                judge_add(judgement, "the tool ends with %d, and says %d", told->status,
                          told->claimed_status);
        if (!told->error[0] || !told->sentence[0] ||
            (!told->phase[0] && scene->fault_case->scenario != SCENARIO_SNAPSHOT))
                judge_add(judgement, "the tool gives no error, phase or sentence");
        if (told->serves_on == SERVES_ON_YES && who != OLD && !is_killed_later(stage, scene))
                judge_add(judgement, "the tool says that the old version serves on: %s",
                          told->sentence);
        if (told->serves_on == SERVES_ON_NO && who != NOBODY)
                judge_add(judgement, "the tool says that the old version has ended: %s",
                          told->sentence);
}

/* Whether it may be the last event of a scenario, for what the tool knows. */
static bool is_success(const struct scene *scene)
{
        const char *event = scene->told.event;

        return scene->told.status == 0 &&
               (strcmp(event, scene->event) == 0 ||
                (scene->fault_case->scenario == SCENARIO_LATE && strcmp(event, "committed") == 0));
}

static void judge_success(const struct scene *scene, int who, struct judgement *judgement)
{
        if (who == OLD && (!scenario_serves_on(scene->fault_case->scenario) ||
                           strcmp(scene->told.event, "committed") == 0))
                judge_add(judgement, "the tool says that a successor serves");
}

static void judge_told(const struct stage *stage, const struct scene *scene, int who,
                       struct judgement *judgement)
{
        const struct fault_case *c = scene->fault_case;
        const struct told *told = &scene->told;

        if (c->scenario == SCENARIO_FOUND) {
                judge_found(stage, scene, who, judgement);
                return;
        }
        if (!told->is_over) {
                judge_add(judgement, "the tool does not end");
                return;
        }
        if (c->role == ROLE_TOOL && c->fault == FAULT_KILL && told->status == -9)
                return;
        if (told->status < 0)
                judge_add(judgement, "signal %d ends the tool", -told->status);
        else if (strcmp(told->event, "failed") == 0)
                judge_failure(stage, scene, who, judgement);
        else if (is_success(scene))
                judge_success(scene, who, judgement);
        else if (c->role != ROLE_TOOL || !told->complaint[0])
                judge_add(judgement, "the tool ends with %d, and its last event is \"%s\"",
                          told->status, told->event);
        else if (told->status == 0)
                judge_success(scene, who, judgement);
}

/* There is a whole one or nothing. Its size may differ by what its times need as varints, and by
   what can be told of a descriptor. */
static void judge_snapshot(struct stage *stage, const struct scene *scene,
                           struct judgement *judgement)
{
        long clean_bytes = scene->clean->snapshot_bytes, size_bytes;
        size_t files = stage_snapshots(stage, SNAPSHOT_NAME, &size_bytes);
        bool is_forged = scene->fault_case->fault == FAULT_FORGED && stage->plan->has_struck;
        bool is_said_to_be = scene->told.is_over && scene->told.status == 0;

        if (files > (size_bytes >= 0 ? 1 : 0))
                judge_add(judgement, "%zu files are beside the snapshot", files);
        if (size_bytes >= 0 && labs(size_bytes - clean_bytes) > SNAPSHOT_VARIES_BYTES)
                judge_add(judgement, "the snapshot has %ld bytes, not %ld", size_bytes,
                          clean_bytes);
        if (is_said_to_be && size_bytes < 0)
                judge_add(judgement, "there is no snapshot");
        if (size_bytes >= 0 && (stage_restore(stage, SNAPSHOT_NAME) == 0) == is_forged)
                judge_add(judgement, is_forged ? "a process starts from a forged snapshot"
                                               : "no process starts from the snapshot");
}

void judge(struct stage *stage, struct scene *scene, struct judgement *judgement)
{
        int who = who_serves(scene);

        if (is_mute(stage, scene)) {
                judgement->is_doubtful = true;
                return;
        }
        judge_service(stage, scene, who, judgement);
        judgement->serves = scene->processes > 0 && scene->answers;
        judgement->is_doubtful = is_in_doubt(stage, scene->fault_case, who);
        if (judgement->serves)
                judge_remains(stage, scene, who, judgement);
        judge_told(stage, scene, who, judgement);
        if (judge_is_harmless(scene->fault_case) && !is_success(scene))
                judge_add(judgement, "what is no fault at all has made it fail: %s",
                          scene->told.sentence);
        if (is_fatal(stage, scene->fault_case) && (who == NEW || is_success(scene)))
                judge_add(judgement, "the fault was not noticed");
        if (scene->fault_case->scenario == SCENARIO_SNAPSHOT)
                judge_snapshot(stage, scene, judgement);
}
