/* SPDX-License-Identifier: MIT */
/* See play.h. What must hold afterwards is in judge.c. */
#include "play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ekiden/error.h>

#include "act.h"
#include "judge.h"
#include "play_forked.h"
#include "play_tree.h"
#include "wire/clock.h"

#define ASK_MS 5000

/* What the operator asks for, beside the program; and the last event where nothing fails. */
static const struct {
        const char *options[3], *binary, *event;
} scenarios[SCENARIOS] = {
        [SCENARIO_GOOD] = {{NULL}, SUBJECT_V2, "committed"},
        [SCENARIO_REFUSED] = {{NULL}, SUBJECT_REFUSES, "failed"},
        [SCENARIO_LATE] = {{NULL}, SUBJECT_V2, "failed"},
        [SCENARIO_REHEARSED] = {{"--rehearse"}, SUBJECT_V2, "rehearsed"},
        [SCENARIO_VERIFIED] = {{"--verify"}, SUBJECT_V1, "committed"},
        [SCENARIO_SNAPSHOT] = {{"--snapshot", SNAPSHOT_NAME}, NULL, "snapshot"},
        [SCENARIO_KEPT] = {{"--keep-pid"}, SUBJECT_V2, "committed"},
        [SCENARIO_RETURNED] = {{"--keep-pid"}, SUBJECT_REFUSES, "failed"},
        [SCENARIO_HERE] = {{"--spawn-here"}, SUBJECT_V2, "committed"},
        [SCENARIO_FOUND] = {{NULL}, SUBJECT_V2, "committed"},
};

/* What is made once and kept is made by an upgrade that fails, and by what leaves the predecessor.
 */
static bool warm_up(struct stage *stage, const struct fault_case *c, struct scene *scene)
{
        static const char *const none[] = {NULL};
        struct told told;
        bool is_well = act_upgrade(stage, none, SUBJECT_REFUSES, ACT_LONG_TIMEOUT, &told);

        if (is_well && c->scenario == SCENARIO_REHEARSED)
                is_well = act_upgrade(stage, scenarios[c->scenario].options,
                                      scenarios[c->scenario].binary, ACT_LONG_TIMEOUT, &told);
        is_well = is_well && stage_settle(stage) == 1 && stage_ask(stage, &scene->before) &&
                  stage_ask(stage, &scene->before);
        if (!is_well && !stage->failure[0])
                snprintf(stage->failure, sizeof(stage->failure),
                         "the upgrade that warms up went wrong: %.200s", told.sentence);
        return is_well;
}

/* Until there is one that answers, or none. The fault may strike as late as in the answer; and who
   is left alone may still be on its way out. */
static void ask(struct stage *stage, struct scene *scene)
{
        uint64_t until_ns = ek_now_ns() + ASK_MS * EK_NS_PER_MS;

        while (ek_now_ns() < until_ns) {
                stage_settle(stage);
                scene->answers = stage_ask(stage, &scene->after);
                scene->asked += scene->answers;
                scene->unanswered += !scene->answers;
                scene->processes = stage_settle(stage);
                stage_processes(&scene->one);
                if (scene->processes == 0 || scene->asked > 1)
                        return;
                stage_nap(10);
        }
}

static bool upgrade(struct stage *stage, const struct fault_case *c, struct scene *scene)
{
        const char *binary = scenarios[c->scenario].binary;

        if (c->scenario == SCENARIO_FOUND)
                return stage_find(stage, binary, scene->before.pid, &scene->told);
        return act_upgrade(stage, scenarios[c->scenario].options, binary, act_timeout(c),
                           &scene->told);
}

/* The fault, and all that comes of it. */
static bool act(struct stage *stage, const struct fault_case *c, struct scene *scene)
{
        act_arm(stage, c);
        if (!upgrade(stage, c, scene))
                return false;
        ask(stage, scene);
        act_disarm(stage);
        return true;
}

static void next_upgrade(struct stage *stage, struct judgement *judgement)
{
        static const char *const none[] = {NULL}, *const list[] = {"--list", NULL};
        struct scene scene = {0};
        struct told told;
        bool has_its;

        if (judgement->is_doubtful)
                return;
        if (!judgement->serves) {
                stage_run_tool(stage, list, &told);
                if (stage_sockets(stage, 0, &has_its) > 0)
                        judge_add(judgement, "nobody serves, and a socket is left");
                return;
        }
        if (!stage_calm(stage, &scene.before)) {
                judge_add(judgement, "nobody answers before the next upgrade");
                return;
        }
        if (!act_upgrade(stage, none, SUBJECT_V2, ACT_LONG_TIMEOUT, &told))
                return;
        stage_settle(stage);
        if (!told.is_over || told.status != 0) {
                judge_add(judgement, "the next upgrade fails (%d): %s", told.status, told.sentence);
                return;
        }
        if (!stage_ask(stage, &scene.after) || scene.after.pid == scene.before.pid)
                judge_add(judgement, "after the next upgrade its successor does not serve");
        else if (stage_sockets(stage, scene.after.pid, &has_its) != 1 || !has_its)
                judge_add(judgement, "after the next upgrade there is not its socket only");
        else if (scene.after.asked != scene.before.asked + 1 || scene.after.sum != scene.before.sum)
                judge_add(judgement, "the next upgrade loses state");
}

void play(const struct fault_case *fault_case, const struct clean clean[SCENARIOS],
          struct outcome *ret_outcome)
{
        struct judgement judgement = {.why = ret_outcome->why, .size = sizeof(ret_outcome->why)};
        struct scene scene = {.fault_case = fault_case,
                              .clean = &clean[fault_case->scenario],
                              .event = scenarios[fault_case->scenario].event};
        struct stage stage;

        ret_outcome->why[0] = '\0';
        if (fault_case->scenario == SCENARIO_FORKED) {
                play_forked(fault_case, &clean[SCENARIO_FORKED], ret_outcome);
                return;
        }
        if (fault_case->scenario == SCENARIO_TREE) {
                play_tree(fault_case, &clean[SCENARIO_TREE], ret_outcome);
                return;
        }
        if (stage_open(&stage, act_deadline_ms(fault_case), false) &&
            warm_up(&stage, fault_case, &scene) && act(&stage, fault_case, &scene)) {
                judge(&stage, &scene, &judgement);
                next_upgrade(&stage, &judgement);
                ret_outcome->phase = stage.plan->struck_phase;
                snprintf(ret_outcome->told, sizeof(ret_outcome->told), "%s %s %.250s",
                         scene.told.error, scene.told.phase, scene.told.sentence);
                ret_outcome->verdict = stage.plan->has_struck ? VERDICT_PASSED : VERDICT_UNREACHED;
        }
        if (stage.failure[0])
                judge_add(&judgement, "%s", stage.failure);
        if (judgement.faults > 0)
                ret_outcome->verdict = VERDICT_FAILED;
        stage_close(&stage);
}

bool play_census(enum scenario scenario, uint32_t counts[ROLES][PLACES], struct clean *ret_clean,
                 char ret_why[600])
{
        const struct fault_case nothing = {.scenario = scenario, .place = PLACES};
        struct scene scene = {.fault_case = &nothing};
        struct stage stage;
        bool is_well;

        if (scenario == SCENARIO_FORKED)
                return play_forked_census(counts, ret_clean, ret_why);
        if (scenario == SCENARIO_TREE)
                return play_tree_census(counts, ret_clean, ret_why);
        is_well = stage_open(&stage, act_deadline_ms(&nothing), false) &&
                  warm_up(&stage, &nothing, &scene) && act(&stage, &nothing, &scene);

        snprintf(ret_why, 600, "%s", stage.failure);
        if (is_well)
                act_raise_counts(&stage, counts);
        if (is_well)
                *ret_clean = (struct clean){.descriptors = scene.after.descriptors,
                                            .heap_bytes = scene.after.heap_bytes};
        if (is_well)
                stage_snapshots(&stage, SNAPSHOT_NAME, &ret_clean->snapshot_bytes);
        /* What every successor has too many is no fault's. */
        if (is_well && scene.after.descriptors > scene.before.descriptors) {
                is_well = false;
                snprintf(ret_why, 600, "%s: %d descriptors where %d were before",
                         scenario_names[scenario], scene.after.descriptors,
                         scene.before.descriptors);
        }
        if (is_well && strcmp(scene.told.event, scenarios[scenario].event) != 0) {
                is_well = false;
                snprintf(ret_why, 600, "%s: the tool ends with %d: %.500s",
                         scenario_names[scenario], scene.told.status, scene.told.sentence);
        }
        stage_close(&stage);
        return is_well;
}
