/* SPDX-License-Identifier: MIT */
/* See play_tree.h. What must hold afterwards is in judge_tree.c. */
#include "play_tree.h"

#include <stdio.h>
#include <string.h>

#include "act.h"
#include "judge_tree.h"
#include "wire/clock.h"

#define ASK_MS 5000
#define TRIES 50 /* of 20 ms */

static const char *const none[] = {NULL};

static bool open_stage(struct stage *stage, const struct fault_case *c)
{
        return stage_open(stage, act_deadline_ms(c), true);
}

/* What /proc has of children leaves one out, at times, when another one ends meanwhile (proc(5)).
 */
static bool leaves_as_many(struct stage *stage)
{
        for (int i = 0; i < TRIES; i++) {
                if (stage_settle(stage) == stage->wanted)
                        return true;
                stage_nap(20);
        }
        return false;
}

/* As in play.c: both, whatever becomes of the first. */
static bool warm_up(struct stage *stage, struct tree_scene *scene)
{
        static const char *const all[] = {"--keep-going", NULL};
        struct told told;
        bool is_well = act_upgrade(stage, all, SUBJECT_REFUSES, ACT_LONG_TIMEOUT, &told) &&
                       leaves_as_many(stage);

        for (enum member member = 0; member < MEMBERS; member++)
                is_well = is_well &&
                          stage_ask_member(stage, member, &scene->members[member].before) &&
                          stage_ask_member(stage, member, &scene->members[member].before);
        is_well = is_well && told.end_count == MEMBERS;
        if (!is_well && !stage->failure[0])
                snprintf(stage->failure, sizeof(stage->failure),
                         "the upgrade that warms up went wrong: %.200s", told.sentence);
        return is_well;
}

static void ask_member(const struct stage *stage, enum member member, struct tree_member *m)
{
        m->answers = stage_ask_member(stage, member, &m->after);
        m->asked += m->answers;
        m->unanswered += !m->answers;
}

static bool is_known(const struct tree_scene *scene)
{
        for (enum member member = 0; member < MEMBERS; member++)
                if (scene->members[member].answers && scene->members[member].asked < 2)
                        return false;
        return scene->processes == tree_answering(scene);
}

/* Until each process answers, or has ended, and been reaped. */
static void ask(struct stage *stage, struct tree_scene *scene)
{
        uint64_t until_ns = ek_now_ns() + ASK_MS * EK_NS_PER_MS;

        while (ek_now_ns() < until_ns) {
                stage_settle(stage);
                for (enum member member = 0; member < MEMBERS; member++)
                        ask_member(stage, member, &scene->members[member]);
                scene->processes = stage_settle(stage);
                if (is_known(scene))
                        return;
                stage_nap(10);
        }
}

/* The fault, and all that comes of it. */
static bool act(struct stage *stage, const struct fault_case *c, struct tree_scene *scene)
{
        act_arm(stage, c);
        if (!act_upgrade(stage, none, SUBJECT_V2, act_timeout(c), &scene->told))
                return false;
        ask(stage, scene);
        act_disarm(stage);
        return true;
}

/* Those that were left have successors, which have all that they had. */
static void judge_next(struct stage *stage, const struct tree_scene *scene,
                       struct judgement *judgement)
{
        for (enum member member = 0; member < MEMBERS; member++) {
                const struct answer *before = &scene->members[member].before;
                const char *name = member_names[member];
                struct answer after;
                bool has_its;

                if (!scene->members[member].answers)
                        continue;
                if (!stage_ask_member(stage, member, &after) || after.pid == before->pid)
                        judge_add(judgement, "after the next upgrade a successor of %s serves not",
                                  name);
                else if (stage_sockets(stage, after.pid, &has_its) != tree_answering(scene) ||
                         !has_its)
                        judge_add(judgement, "after the next upgrade sockets of others are left");
                else if (after.asked != before->asked + 1 || after.sum != before->sum)
                        judge_add(judgement, "the next upgrade loses state of %s", name);
        }
}

static void next_upgrade(struct stage *stage, struct tree_scene *scene, struct judgement *judgement)
{
        struct told told;

        if (judgement->is_doubtful || !judgement->serves)
                return;
        for (enum member member = 0; member < MEMBERS; member++)
                if (scene->members[member].answers &&
                    !stage_calm_member(stage, member, &scene->members[member].before)) {
                        judge_add(judgement, "%s does not answer before the next upgrade",
                                  member_names[member]);
                        return;
                }
        if (!act_upgrade(stage, none, SUBJECT_V2, ACT_LONG_TIMEOUT, &told))
                return;
        stage->wanted = tree_answering(scene);
        if (!leaves_as_many(stage))
                judge_add(judgement, "after the next upgrade there are not %zu processes",
                          stage->wanted);
        if (!told.is_over || told.status != 0)
                judge_add(judgement, "the next upgrade fails (%d): %s", told.status, told.sentence);
        else
                judge_next(stage, scene, judgement);
}

void play_tree(const struct fault_case *fault_case, const struct clean *clean,
               struct outcome *ret_outcome)
{
        struct judgement judgement = {.why = ret_outcome->why, .size = sizeof(ret_outcome->why)};
        struct tree_scene scene = {.fault_case = fault_case, .clean = clean};
        struct stage stage;

        ret_outcome->why[0] = '\0';
        if (open_stage(&stage, fault_case) && warm_up(&stage, &scene) &&
            act(&stage, fault_case, &scene)) {
                judge_tree(&stage, &scene, &judgement);
                snprintf(ret_outcome->told, sizeof(ret_outcome->told), "%s, %s: %s %.200s",
                         tree_end(&scene, MEMBER_CHILD)->event,
                         tree_end(&scene, MEMBER_MAIN)->event, scene.told.error,
                         scene.told.sentence);
                next_upgrade(&stage, &scene, &judgement);
                ret_outcome->phase = stage.plan->struck_phase;
                ret_outcome->verdict = stage.plan->has_struck ? VERDICT_PASSED : VERDICT_UNREACHED;
        }
        if (stage.failure[0])
                judge_add(&judgement, "%s", stage.failure);
        if (judgement.faults > 0)
                ret_outcome->verdict = VERDICT_FAILED;
        stage_close(&stage);
}

bool play_tree_census(uint32_t counts[ROLES][PLACES], struct clean *ret_clean, char ret_why[600])
{
        const struct fault_case nothing = {.scenario = SCENARIO_TREE, .place = PLACES};
        struct tree_scene scene = {.fault_case = &nothing};
        struct stage stage;
        bool is_well = open_stage(&stage, &nothing) && warm_up(&stage, &scene) &&
                       act(&stage, &nothing, &scene);

        snprintf(ret_why, 600, "%s", stage.failure);
        if (is_well) {
                const struct answer *child = &scene.members[MEMBER_CHILD].after;

                act_raise_counts(&stage, counts);
                *ret_clean = (struct clean){
                        .descriptors = scene.members[MEMBER_MAIN].after.descriptors,
                        .heap_bytes = scene.members[MEMBER_MAIN].after.heap_bytes,
                        .child_descriptors = child->descriptors,
                        .child_heap_bytes = child->heap_bytes,
                };
                is_well = scene.told.status == 0 && strcmp(scene.told.event, "tree") == 0 &&
                          tree_answering(&scene) == MEMBERS;
                if (!is_well)
                        snprintf(ret_why, 600, "tree: the tool ends with %d, %zu answer: %.500s",
                                 scene.told.status, tree_answering(&scene), scene.told.sentence);
        }
        stage_close(&stage);
        return is_well;
}
