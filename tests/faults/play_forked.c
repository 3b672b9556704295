/* SPDX-License-Identifier: MIT */
/*
 * See play_forked.h. The fault strikes in ekiden_after_fork(). Then the child is in its role, or
 * has been told that it is not: it serves all the same, and is not upgraded. To its parent that is
 * nothing: what it has is as it was, and it is upgraded as ever.
 */
#include "play_forked.h"

#include <stdio.h>
#include <string.h>

#include "act.h"
#include "judge_tree.h"

#define DEADLINE_MS 10000 /* nothing is waited out: no upgrade is struck */
#define TRIES 100 /* of 20 ms */

static bool is_killed(const struct stage *stage, const struct fault_case *c)
{
        return c->fault == FAULT_KILL && stage->plan->has_struck;
}

static bool is_upgradable(const struct stage *stage, const struct tree_scene *scene,
                          enum member member)
{
        return scene->members[member].answers && (member == MEMBER_MAIN || !stage->is_refused);
}

static size_t upgradable(const struct stage *stage, const struct tree_scene *scene)
{
        return (size_t)is_upgradable(stage, scene, MEMBER_MAIN) +
               is_upgradable(stage, scene, MEMBER_CHILD);
}

static void ask(struct stage *stage, struct tree_scene *scene)
{
        for (int i = 0; i < TRIES && stage_settle(stage) != stage->wanted; i++)
                stage_nap(20);
        for (enum member member = 0; member < MEMBERS; member++) {
                struct tree_member *m = &scene->members[member];

                m->answers = stage_ask_member(stage, member, &m->before);
        }
        scene->processes = stage_settle(stage);
}

/* One control socket for each that can be upgraded. */
static void judge_sockets(struct stage *stage, const struct tree_scene *scene,
                          struct judgement *judgement)
{
        size_t files_max = upgradable(stage, scene) + judge_may_leave_socket(scene->fault_case);

        for (enum member member = 0; member < MEMBERS; member++) {
                const struct tree_member *m = &scene->members[member];
                bool has_its = false;
                size_t files = 0;

                if (!m->answers)
                        continue;
                files = stage_sockets(stage, m->before.pid, &has_its);
                if (files > files_max)
                        judge_add(judgement, "%zu control sockets are there", files);
                if (has_its != is_upgradable(stage, scene, member) &&
                    !(stage->is_refused && judge_may_leave_socket(scene->fault_case)))
                        judge_add(judgement, "%s %s", member_names[member],
                                  has_its ? "has a control socket, and no role"
                                          : "has lost its control socket");
        }
}

static void judge_begun(struct stage *stage, const struct tree_scene *scene,
                        struct judgement *judgement)
{
        const struct fault_case *c = scene->fault_case;
        const struct tree_member *child = &scene->members[MEMBER_CHILD];
        const struct tree_member *main = &scene->members[MEMBER_MAIN];

        if (scene->processes != tree_answering(scene))
                judge_add(judgement, "%zu processes are there, and %zu answer", scene->processes,
                          tree_answering(scene));
        if (!main->answers)
                judge_add(judgement, "the parent does not answer");
        if (child->answers == is_killed(stage, c))
                judge_add(judgement, "the child %s",
                          child->answers ? "answers" : "does not answer");
        if (stage->is_refused && stage->plan->has_struck && c->fault != FAULT_FAIL)
                judge_add(judgement, "what is no failure at all has kept the child from its role");
        if (main->answers && main->before.descriptors > scene->clean->descriptors)
                judge_add(judgement, "the parent has %d descriptors, not %d",
                          main->before.descriptors, scene->clean->descriptors);
        if (child->answers && child->before.descriptors > scene->clean->child_descriptors)
                judge_add(judgement, "the child has %d descriptors, not %d",
                          child->before.descriptors, scene->clean->child_descriptors);
        judge_sockets(stage, scene, judgement);
}

static void judge_member(struct stage *stage, struct tree_scene *scene, enum member member,
                         struct judgement *judgement)
{
        struct tree_member *m = &scene->members[member];
        bool is_new = is_upgradable(stage, scene, member);
        const char *name = member_names[member];

        if (!stage_ask_member(stage, member, &m->after))
                judge_add(judgement, "%s does not answer after the upgrade", name);
        else if ((m->after.pid != m->before.pid) != is_new || m->after.version != 1 + is_new)
                judge_add(judgement, "of %s version %d serves%s", name, m->after.version,
                          m->after.pid == m->before.pid ? ", the one of before" : "");
        else if (m->after.asked != m->before.asked + 1 || m->after.sum != m->before.sum)
                judge_add(judgement, "the state of %s has changed", name);
}

static void upgrade(struct stage *stage, struct tree_scene *scene, struct judgement *judgement)
{
        static const char *const none[] = {NULL};
        struct told *told = &scene->told;
        bool has_its;

        if (!act_upgrade(stage, none, SUBJECT_V2, ACT_LONG_TIMEOUT, told))
                return;
        for (int i = 0; i < TRIES && stage_settle(stage) != stage->wanted; i++)
                stage_nap(20);
        if (!told->is_over || told->status != 0)
                judge_add(judgement, "the upgrade fails (%d): %s", told->status, told->sentence);
        for (enum member member = 0; member < MEMBERS; member++)
                if (scene->members[member].answers)
                        judge_member(stage, scene, member, judgement);
        if (stage_sockets(stage, 0, &has_its) != upgradable(stage, scene))
                judge_add(judgement, "after the upgrade there are not %zu control sockets",
                          upgradable(stage, scene));
}

void play_forked(const struct fault_case *fault_case, const struct clean *clean,
                 struct outcome *ret_outcome)
{
        struct judgement judgement = {.why = ret_outcome->why, .size = sizeof(ret_outcome->why)};
        struct tree_scene scene = {.fault_case = fault_case, .clean = clean};
        struct stage stage;

        ret_outcome->why[0] = '\0';
        if (stage_open_armed(&stage, DEADLINE_MS, fault_case)) {
                act_disarm(&stage);
                ask(&stage, &scene);
                judge_begun(&stage, &scene, &judgement);
                upgrade(&stage, &scene, &judgement);
                snprintf(ret_outcome->told, sizeof(ret_outcome->told), "%s; %s %.200s",
                         stage.is_refused ? "refused" : "in its role", scene.told.event,
                         scene.told.sentence);
                ret_outcome->phase = stage.plan->struck_phase;
                ret_outcome->verdict = stage.plan->has_struck ? VERDICT_PASSED : VERDICT_UNREACHED;
        }
        if (stage.failure[0])
                judge_add(&judgement, "%s", stage.failure);
        if (judgement.faults > 0)
                ret_outcome->verdict = VERDICT_FAILED;
        stage_close(&stage);
}

bool play_forked_census(uint32_t counts[ROLES][PLACES], struct clean *ret_clean, char ret_why[600])
{
        const struct fault_case nothing = {.scenario = SCENARIO_FORKED, .place = PLACES};
        struct judgement judgement = {.why = ret_why, .size = 600};
        struct tree_scene scene = {.fault_case = &nothing, .clean = ret_clean};
        struct stage stage;

        ret_why[0] = '\0';
        if (stage_open_armed(&stage, DEADLINE_MS, &nothing)) {
                act_disarm(&stage);
                act_raise_counts(&stage, counts);
                ask(&stage, &scene);
                ret_clean->descriptors = scene.members[MEMBER_MAIN].before.descriptors;
                /* It was forked before its parent had anything: so both have as many. */
                ret_clean->child_descriptors = ret_clean->descriptors;
                judge_begun(&stage, &scene, &judgement);
                upgrade(&stage, &scene, &judgement);
        }
        if (stage.failure[0])
                judge_add(&judgement, "%s", stage.failure);
        stage_close(&stage);
        return judgement.faults == 0;
}
