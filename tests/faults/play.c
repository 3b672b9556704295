/* SPDX-License-Identifier: MIT */
/* See play.h. What must hold afterwards is in judge.c. */
#include "play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ekiden/error.h>

#include "judge.h"
#include "wire/clock.h"

/* Where a fault is waited out, deadlines are short; elsewhere no slow machine may meet one. */
#define SHORT_MS 150
#define LONG_MS 10000
#define SHORT_TIMEOUT "1.5" /* the operator's, seconds */
#define LONG_TIMEOUT "12"
#define HANG_MS 600
#define LATE_MS 450 /* and shorter than a process that hangs */
#define DELAY_MS 30
#define ASK_MS 5000

#define ARGUMENTS_MAX 8

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
};

static void arm(struct plan *plan, const struct fault_case *c)
{
        plan->role = c->role;
        plan->place = c->place;
        plan->count = c->count;
        plan->fault = c->fault;
        plan->error = c->error;
        plan->sleep_ms = c->fault == FAULT_DELAYED ? DELAY_MS : HANG_MS;
        plan->late_ms = c->scenario == SCENARIO_LATE ? LATE_MS : 0;
        plan->phase = EKIDEN_PHASE_NONE;
        __atomic_store_n(&plan->is_armed, 1, __ATOMIC_RELEASE);
}

static void disarm(struct plan *plan)
{
        __atomic_store_n(&plan->is_armed, 0, __ATOMIC_RELEASE);
}

static bool upgrade(struct stage *stage, const char *const options[], const char *binary,
                    const char *timeout_seconds, struct told *ret_told)
{
        const char *arguments[ARGUMENTS_MAX] = {"--timeout", timeout_seconds};
        size_t count = 2;
        char path[160];

        for (; *options; options++)
                arguments[count++] = *options;
        if (strcmp(arguments[count - 1], SNAPSHOT_NAME) == 0) {
                snprintf(path, sizeof(path), "%s/out/%s", stage->directory, SNAPSHOT_NAME);
                arguments[count - 1] = path;
        }
        arguments[count++] = "subject";
        arguments[count++] = binary;
        return stage_run_tool(stage, arguments, ret_told);
}

/* What is made once and kept is made by an upgrade that fails, and by what leaves the predecessor.
 */
static bool warm_up(struct stage *stage, const struct fault_case *c, struct scene *scene)
{
        static const char *const none[] = {NULL};
        struct told told;
        bool is_well = upgrade(stage, none, SUBJECT_REFUSES, LONG_TIMEOUT, &told);

        if (is_well && c->scenario == SCENARIO_REHEARSED)
                is_well = upgrade(stage, scenarios[c->scenario].options,
                                  scenarios[c->scenario].binary, LONG_TIMEOUT, &told);
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

/* The fault, and all that comes of it. */
static bool act(struct stage *stage, const struct fault_case *c, struct scene *scene)
{
        const char *timeout = case_is_waited_out(c) ? SHORT_TIMEOUT : LONG_TIMEOUT;

        stage->stop_ms = HANG_MS;
        arm(stage->plan, c);
        if (!upgrade(stage, scenarios[c->scenario].options, scenarios[c->scenario].binary, timeout,
                     &scene->told))
                return false;
        ask(stage, scene);
        disarm(stage->plan);
        return true;
}

static unsigned int deadline_of(const struct fault_case *c)
{
        return case_is_waited_out(c) ? SHORT_MS : LONG_MS;
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
        if (!upgrade(stage, none, SUBJECT_V2, LONG_TIMEOUT, &told))
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
        if (stage_open(&stage, deadline_of(fault_case)) && warm_up(&stage, fault_case, &scene) &&
            act(&stage, fault_case, &scene)) {
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
        bool is_well = stage_open(&stage, deadline_of(&nothing)) &&
                       warm_up(&stage, &nothing, &scene) && act(&stage, &nothing, &scene);

        snprintf(ret_why, 600, "%s", stage.failure);
        for (int role = 0; is_well && role < ROLES; role++)
                for (unsigned int place = 0; place < PLACES; place++)
                        if (stage.plan->counts[role][place] > counts[role][place])
                                counts[role][place] = stage.plan->counts[role][place];
        if (is_well)
                *ret_clean = (struct clean){scene.after.descriptors, scene.after.heap_bytes, -1};
        if (is_well)
                stage_snapshots(&stage, SNAPSHOT_NAME, &ret_clean->snapshot_bytes);
        if (is_well && strcmp(scene.told.event, scenarios[scenario].event) != 0) {
                is_well = false;
                snprintf(ret_why, 600, "%s: the tool ends with %d: %.500s",
                         scenario_names[scenario], scene.told.status, scene.told.sentence);
        }
        stage_close(&stage);
        return is_well;
}
