/* SPDX-License-Identifier: MIT */
/* A successor that is not the process's own to start: it is started from here, or another process
   of the tree is asked for it; and it is ended where it was not committed to. */
#include "attempt.h"
#include "let_go.h"
#include "show.h"
#include "wire/arguments.h"
#include "wire/cleanup.h"

#define LEAVING_MS 200 /* for a new version that was refused to leave by itself */
#define DISMISSED_MS 1000 /* after a rehearsal */

/* What the process was started with, by its word. */
static int read_arguments(const struct attempt *attempt, const Ekiden__Event *event,
                          char ***ret_arguments)
{
        int r = spawn_here_judge(attempt->process.link, attempt->error);

        if (r < 0)
                return r;
        if (event->arguments_left_out)
                return ekiden_error_set(attempt->error, EKIDEN_ELIMIT,
                                        "the process was started with arguments that are too long "
                                        "for it to tell; give them behind --");
        r = ek_arguments_read(event->arguments, event->n_arguments, ret_arguments);
        if (r < 0)
                return ekiden_error_set(attempt->error, r, "%s", ekiden_error_text(r));
        return 0;
}

/* With the arguments that stand behind --, or else with those of the process. */
static int start_here(struct attempt *attempt, const Ekiden__Event *event)
{
        const struct options *options = attempt->options;
        struct spawn_here_order order = {
                .path = attempt->binary,
                .arguments = options->arguments,
                .argument_count = options->argument_count,
                .spares_output = options->json,
        };
        ek_auto_free char **told = NULL;

        if (!options->replace_arguments) {
                int r = read_arguments(attempt, event, &told);

                if (r < 0)
                        return r;
                order.arguments = told;
                order.argument_count = event->n_arguments;
        }
        return spawn_here_start(&attempt->here, &order, &attempt->pair, attempt->error);
}

void attempt_have_started(struct attempt *attempt, const Ekiden__Event *event)
{
        int r;

        if (attempt->pair.successors < 0 || attempt->calling_off)
                return;
        attempt->before = standing_of(attempt->process.pid);
        if (attempt->by.is_needed)
                r = spawn_by_ask(&attempt->by, &attempt->pair, attempt->error);
        else
                r = start_here(attempt, event);
        if (r < 0)
                attempt_call_off(attempt);
}

int attempt_hear_spawner(struct attempt *attempt)
{
        struct ekiden_error told = {0};

        if (spawn_by_step(&attempt->by, &told) == 0 || attempt->calling_off)
                return ATTEMPT_GO_ON;
        *attempt->error = told;
        return attempt_call_off(attempt);
}

void attempt_let_go(struct attempt *attempt)
{
        bool is_started = attempt->here.child.pid > 0 || attempt->by.is_needed;

        if (is_started && !attempt_is_too_late(attempt))
                attempt->has_heard_all = let_go(attempt->process.link, attempt->upgrade.pid);
}

void attempt_end_refused(struct attempt *attempt)
{
        spawn_here_end(&attempt->here, LEAVING_MS, attempt->error);
        spawn_by_explain(&attempt->by, attempt->error);
        spawn_by_end(&attempt->by, LEAVING_MS);
}

void attempt_leave_or_end(struct attempt *attempt, bool is_done)
{
        if (is_done && attempt->options->rehearse) {
                spawn_here_end(&attempt->here, DISMISSED_MS, NULL);
                spawn_by_end(&attempt->by, DISMISSED_MS);
        }
        if (!is_done && attempt->has_heard_all && attempt->upgrade.phase < EKIDEN_PHASE_WARM) {
                spawn_here_end(&attempt->here, LEAVING_MS, NULL);
                spawn_by_end(&attempt->by, LEAVING_MS);
        }
        spawn_here_deinit(&attempt->here);
        spawn_by_deinit(&attempt->by);
        handover_pair_deinit(&attempt->pair);
}

void attempt_compare_standings(struct attempt *attempt)
{
        const struct figure *told = &attempt->upgrade.successor_pid;
        pid_t pid = told->known                        ? (pid_t)told->value
                    : attempt->by.child.public_pid > 0 ? attempt->by.child.public_pid
                                                       : attempt->here.child.pid;
        struct standing after = {0};
        char sentence[256];

        if (pid > 0)
                after = standing_of(pid);
        if (standing_has_grown(&attempt->before, &after, sentence, sizeof(sentence)))
                show_notice(attempt->show, &attempt->upgrade, sentence);
}
