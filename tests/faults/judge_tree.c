/* SPDX-License-Identifier: MIT */
/*
 * See judge_tree.h. The invariants are those of judge.c, for each of both: one process serves, with
 * the state that it must have, and the operator is told the truth of it. Beyond them: what befalls
 * the child is nothing to its parent, but that it is not tried.
 */
#include "judge_tree.h"

#include <string.h>

#include <ekiden/error.h>

#include "ekiden/handover.pb-c.h"

#define TRIES 100 /* of 20 ms, for what is released at a later update point */

const char *const member_names[MEMBERS] = {"main", "child"};

static bool is_taken_frame(const struct fault_case *c)
{
        return c->place == FRAME_FIRST + EKIDEN__FRAME_KIND__TAKEN;
}

static bool is_of_child(const struct fault_case *c)
{
        return c->role == ROLE_CHILD || c->role == ROLE_CHILD_SUCCESSOR;
}

size_t tree_answering(const struct tree_scene *scene)
{
        return (size_t)scene->members[MEMBER_MAIN].answers + scene->members[MEMBER_CHILD].answers;
}

const struct told_end *tree_end(const struct tree_scene *scene, enum member member)
{
        static const struct told_end nothing;

        for (size_t i = 0; i < scene->told.end_count; i++)
                if (scene->told.ends[i].pid == scene->members[member].before.pid)
                        return &scene->told.ends[i];
        return &nothing;
}

static int who_serves(const struct tree_scene *scene, enum member member)
{
        const struct tree_member *m = &scene->members[member];

        if (!m->answers)
                return NOBODY;
        return m->after.pid == m->before.pid ? OLD : NEW;
}

/* TAKEN decides, of each; see judge.c. */
static int may_serve(const struct stage *stage, const struct fault_case *c, enum member member)
{
        const struct plan *plan = stage->plan;
        bool is_killed = plan->has_struck && c->fault == FAULT_KILL;

        if (member == MEMBER_MAIN || !is_of_child(c))
                return (member == MEMBER_MAIN ? plan->is_taken : plan->is_child_taken) ? NEW : OLD;
        if (is_taken_frame(c) && plan->has_struck)
                return c->fault == FAULT_DELAYED ? NEW : OLD | NEW;
        if (is_killed && c->role == ROLE_CHILD_SUCCESSOR && plan->is_child_taken)
                return NOBODY;
        if (is_killed && c->role == ROLE_CHILD && !plan->is_child_taken)
                return plan->is_child_committed ? NOBODY | NEW : NOBODY;
        return plan->is_child_taken ? NEW : OLD;
}

static const char *name_of(int who)
{
        return who == OLD ? "its predecessor" : who == NEW ? "its successor" : "nobody";
}

static void judge_service(const struct stage *stage, const struct tree_scene *scene,
                          struct judgement *judgement)
{
        if (scene->processes != tree_answering(scene))
                judge_add(judgement, "%zu processes are left, and %zu answer", scene->processes,
                          tree_answering(scene));
        for (enum member member = 0; member < MEMBERS; member++)
                if (!(may_serve(stage, scene->fault_case, member) & who_serves(scene, member)))
                        judge_add(judgement, "of %s %s serves", member_names[member],
                                  name_of(who_serves(scene, member)));
}

static void judge_state(const struct tree_scene *scene, enum member member,
                        struct judgement *judgement)
{
        const struct tree_member *m = &scene->members[member];
        const char *name = member_names[member];
        bool is_doubtful = judgement->is_doubtful && member == MEMBER_CHILD;

        if (m->after.version != (who_serves(scene, member) == NEW ? 2 : 1))
                judge_add(judgement, "of %s version %d answers", name, m->after.version);
        if (m->after.asked < m->before.asked + m->asked ||
            m->after.asked > m->before.asked + m->asked + m->unanswered)
                judge_add(judgement, "%s was asked %llu times, and says %llu", name,
                          m->before.asked + m->asked, m->after.asked);
        if (m->after.sum != m->before.sum && !is_doubtful)
                judge_add(judgement, "the state of %s has changed", name);
}

/* What it may have in it: as much as before, or as a successor without a fault. */
static void get_bounds(const struct tree_scene *scene, enum member member, int *ret_descriptors,
                       size_t *ret_heap_bytes)
{
        const struct tree_member *m = &scene->members[member];
        bool is_main = member == MEMBER_MAIN;

        *ret_descriptors = is_main ? scene->clean->descriptors : scene->clean->child_descriptors;
        *ret_heap_bytes = is_main ? scene->clean->heap_bytes : scene->clean->child_heap_bytes;
        if (who_serves(scene, member) == OLD) {
                *ret_descriptors = m->before.descriptors;
                *ret_heap_bytes = m->before.heap_bytes;
        }
}

static void judge_remains(struct stage *stage, struct tree_scene *scene, enum member member,
                          struct judgement *judgement)
{
        struct tree_member *m = &scene->members[member];
        size_t files_max = tree_answering(scene) + judge_may_leave_socket(scene->fault_case);
        size_t files = 0, heap_bytes;
        bool has_its = false;
        int descriptors;

        get_bounds(scene, member, &descriptors, &heap_bytes);
        for (int i = 0; i < TRIES; i++) {
                files = stage_sockets(stage, m->after.pid, &has_its);
                if (m->after.descriptors <= descriptors && m->after.heap_bytes <= heap_bytes &&
                    files <= files_max && has_its)
                        break;
                stage_nap(20);
                if (!stage_ask_member(stage, member, &m->after)) {
                        judge_add(judgement, "%s answers no more", member_names[member]);
                        return;
                }
                m->asked++;
        }
        judge_state(scene, member, judgement);
        if (m->after.descriptors > descriptors || m->after.heap_bytes > heap_bytes)
                judge_add(judgement, "%s has %d descriptors and %zu bytes of heap, not %d and %zu",
                          member_names[member], m->after.descriptors, m->after.heap_bytes,
                          descriptors, heap_bytes);
        if (files > files_max || !has_its)
                judge_add(judgement, "%zu files are in the directory%s", files,
                          has_its ? "" : ", and not the one of who serves");
}

/* It served on, or served already, when the operator was told so, or was about to be. */
static bool is_killed_later(const struct stage *stage, const struct fault_case *c,
                            enum member member)
{
        return member == MEMBER_CHILD && is_of_child(c) && c->fault == FAULT_KILL &&
               stage->plan->has_struck &&
               (c->role == ROLE_CHILD_SUCCESSOR || stage->plan->struck_phase == EKIDEN_PHASE_NONE);
}

/* The report of one process, beside who serves. "": the tool had not come to it. */
static void judge_end(const struct stage *stage, const struct tree_scene *scene, enum member member,
                      struct judgement *judgement)
{
        const struct told_end *end = tree_end(scene, member);
        const char *name = member_names[member];
        int who = who_serves(scene, member), may = OLD | NEW | NOBODY;

        if (strcmp(end->event, "committed") == 0)
                may = NEW;
        else if (strcmp(end->event, "untried") == 0 || strcmp(end->event, "skipped") == 0)
                may = OLD;
        else if (strcmp(end->event, "ended") == 0)
                may = NOBODY;
        else if (end->serves_on == SERVES_ON_YES)
                may = OLD;
        else if (end->serves_on == SERVES_ON_NO)
                may = NOBODY;
        if (!(may & who) && !(who == NOBODY && is_killed_later(stage, scene->fault_case, member)))
                judge_add(judgement, "the tool says of %s \"%s\"%s, and %s serves", name,
                          end->event, end->serves_on == SERVES_ON_YES ? ", it serves on" : "",
                          name_of(who));
}

/* It had ended before the tool looked for it. */
static bool is_never_found(const struct tree_scene *scene, enum member member)
{
        const struct fault_case *c = scene->fault_case;

        return member == MEMBER_CHILD && c->role == ROLE_CHILD && c->fault == FAULT_KILL &&
               who_serves(scene, member) == NOBODY && !tree_end(scene, member)->event[0];
}

/* A socket that the tool cannot connect to, or takes for another user's, is passed over. */
static bool is_passed_over(const struct tree_scene *scene, enum member member)
{
        const struct fault_case *c = scene->fault_case;
        bool is_of_socket = c->place == CALL_socket || c->place == CALL_connect ||
                            c->place == CALL_getsockopt || c->place == CALL_setsockopt;

        return c->role == ROLE_TOOL && c->fault == FAULT_FAIL && is_of_socket &&
               who_serves(scene, member) == OLD && !tree_end(scene, member)->event[0];
}

static bool is_success(const struct tree_scene *scene)
{
        const struct told *told = &scene->told;

        if (told->status != 0 ||
            (strcmp(told->event, "tree") != 0 && strcmp(told->event, "committed") != 0))
                return false;
        for (enum member member = 0; member < MEMBERS; member++) {
                const char *event = tree_end(scene, member)->event;

                if (strcmp(event, "committed") != 0 && strcmp(event, "ended") != 0 &&
                    !is_never_found(scene, member) && !is_passed_over(scene, member))
                        return false;
        }
        return true;
}

/* Whoever comes first has failed: the other one is left alone. One of which nothing is known comes
   last, whichever it is. */
static void judge_order(const struct tree_scene *scene, struct judgement *judgement)
{
        const struct told *told = &scene->told;

        for (size_t i = 0; i + 1 < told->end_count; i++)
                if (strcmp(told->ends[i].event, "failed") == 0 &&
                    strcmp(told->ends[i + 1].event, "untried") != 0)
                        judge_add(judgement, "process %d is \"%s\", though another failed before",
                                  (int)told->ends[i + 1].pid, told->ends[i + 1].event);
}

static void judge_told(const struct stage *stage, const struct tree_scene *scene,
                       struct judgement *judgement)
{
        const struct fault_case *c = scene->fault_case;
        const struct told *told = &scene->told;

        if (!told->is_over)
                judge_add(judgement, "the tool does not end");
        else if (c->role == ROLE_TOOL && c->fault == FAULT_KILL && told->status == -9)
                ;
        else if (told->status < 0)
                judge_add(judgement, "signal %d ends the tool", -told->status);
        else if (told->status == 0 && !is_success(scene) &&
                 (c->role != ROLE_TOOL || !told->complaint[0]))
                judge_add(judgement, "the tool ends well, and its last event is \"%s\"",
                          told->event);
        else if (told->status != 0 && told->event[0] && told->status != told->claimed_status &&
                 !told->complaint[0])
                judge_add(judgement, "the tool ends with %d, and says %d", told->status,
                          told->claimed_status);
        else if (told->status != 0 && !told->error[0] && !told->complaint[0])
                judge_add(judgement, "the tool ends with %d, and gives no error", told->status);
        for (enum member member = 0; member < MEMBERS; member++)
                judge_end(stage, scene, member, judgement);
        judge_order(scene, judgement);
}

/* A fault that the child's upgrade may not survive, or the tool's. */
static bool is_fatal(const struct stage *stage, const struct fault_case *c)
{
        bool is_gone = c->fault == FAULT_HANG || c->fault == FAULT_STOP || c->fault == FAULT_KILL;

        if (!stage->plan->has_struck)
                return false;
        if (c->place == FRAME_FIRST + EKIDEN__FRAME_KIND__REQUEST)
                return false; /* for its status: unknown as it is, it comes last */
        if (judge_is_needed(c->place))
                return c->fault != FAULT_DELAYED && c->fault != FAULT_FORGED;
        return is_gone && c->role == ROLE_CHILD_SUCCESSOR && !stage->plan->was_child_taken;
}

void judge_tree(struct stage *stage, struct tree_scene *scene, struct judgement *judgement)
{
        const struct fault_case *c = scene->fault_case;
        int child = who_serves(scene, MEMBER_CHILD);

        judgement->serves = tree_answering(scene) > 0;
        judgement->is_doubtful = child == OLD && stage->plan->has_struck && is_taken_frame(c);
        judge_service(stage, scene, judgement);
        for (enum member member = 0; member < MEMBERS; member++)
                if (scene->members[member].answers)
                        judge_remains(stage, scene, member, judgement);
        judge_told(stage, scene, judgement);
        if (judge_is_harmless(c) && !is_success(scene))
                judge_add(judgement, "what is no fault at all has made it fail: %s",
                          scene->told.sentence);
        if (is_fatal(stage, c) && ((is_of_child(c) && child == NEW) || is_success(scene)))
                judge_add(judgement, "the fault was not noticed");
}
