/* SPDX-License-Identifier: MIT */
/*
 * See judge_found.h. There is no operator whom the predecessor would tell: what failed is told by
 * the successor's end alone, to a supervisor that knows exit statuses, and logs what it wrote. One
 * that begins afresh beside a predecessor that serves would be the second to serve.
 */
#include "judge_found.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include <ekiden/error.h>

bool found_is_fatal(const struct stage *stage, const struct fault_case *c)
{
        bool is_late = c->fault == FAULT_HANG || c->fault == FAULT_STOP;

        /* Before it has asked, nobody waits for it. */
        return c->role == ROLE_SUCCESSOR && !stage->plan->was_taken &&
               (c->fault == FAULT_KILL ||
                (is_late && stage->plan->struck_phase >= EKIDEN_PHASE_CHECK));
}

/* There was nobody by then, or the kernel has said so. */
static bool may_find_nobody(const struct stage *stage, const struct fault_case *c)
{
        return stage->plan->has_struck &&
               ((c->role == ROLE_PREDECESSOR && c->fault == FAULT_KILL) ||
                (c->role == ROLE_SUCCESSOR && c->place == CALL_connect && c->fault == FAULT_FAIL &&
                 c->error == ECONNREFUSED));
}

/* By the fault, or by the predecessor, which ends one that is late in the handover, and one that
   might serve when its TAKEN has not come. Where the fault is the predecessor's and it lives, it
   ends one that has not left 200 ms after the failure, which on a busy machine is late, too. */
static bool may_be_killed(const struct stage *stage, const struct fault_case *c)
{
        if (stage->plan->struck_phase == EKIDEN_PHASE_COMMIT)
                return true;
        if (c->role == ROLE_PREDECESSOR)
                return c->fault != FAULT_KILL;
        return c->fault == FAULT_KILL || c->fault == FAULT_HANG || c->fault == FAULT_STOP;
}

static void judge_end(const struct stage *stage, const struct scene *scene,
                      struct judgement *judgement)
{
        const struct fault_case *c = scene->fault_case;
        const struct told *told = &scene->told;

        if (told->status == 0)
                judge_add(judgement, "the successor ends well, and does not serve");
        else if (told->status < 0 && !(told->status == -SIGKILL && may_be_killed(stage, c)))
                judge_add(judgement, "signal %d ends the successor: %s", -told->status,
                          told->complaint);
        else if (told->status > 0 && !told->complaint[0])
                judge_add(judgement, "the successor ends with %d, and says nothing", told->status);
        else if (strcmp(told->complaint, PLAN_FOUND_NOBODY) == 0 && !may_find_nobody(stage, c))
                judge_add(judgement, "the successor finds nobody, and begins afresh");
}

void judge_found(const struct stage *stage, const struct scene *scene, int who,
                 struct judgement *judgement)
{
        const struct told *told = &scene->told;

        if (!told->is_over)
                judge_add(judgement, "the successor does not come to serve, and does not end");
        else if (strcmp(told->event, "committed") != 0)
                judge_end(stage, scene, judgement);
        else if (who == OLD)
                judge_add(judgement, "the predecessor serves, and is thought to have ended");
        if (told->is_over && strcmp(told->event, "committed") != 0 && who == NEW)
                judge_add(judgement, "the successor has ended, and serves");
}
