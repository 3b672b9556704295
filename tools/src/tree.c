/* SPDX-License-Identifier: MIT */
/*
 * See tree.h. One pass upgrades all that were found; who was born meanwhile of a process that had
 * not had its turn is old, and is found by looking again, until nobody is.
 */
#include "tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failure.h"
#include "interrupt.h"
#include "next_step.h"
#include "request.h"
#include "tree_members.h"
#include "tree_pass.h"
#include "wire/cleanup.h"
#include "wire/clock.h"

size_t tree_count(const struct tree *tree, enum member_state state)
{
        size_t count = 0;

        for (size_t i = 0; i < tree->count; i++)
                count += tree->members[i].state == state;
        return count;
}

/* What went wrong, and then the rest of the tree. */
const char *tree_next_step(const struct tree *tree, char *ret_text, size_t size_bytes)
{
        const struct upgrade *failed = tree->failed.pid > 0 ? &tree->failed : NULL;
        const char *next = failure_next_step(failed, &tree->error);

        if (tree->options->rehearse)
                return next;
        if (tree_count(tree, MEMBER_SUCCEEDED) + tree_count(tree, MEMBER_SKIPPED) == 0)
                return next;
        if (tree->error.code == EKIDEN_ECANCELLED)
                return "the same command with --skip-same upgrades those that are left";
        snprintf(ret_text, size_bytes,
                 "%s; then the same command with --skip-same upgrades those that are left", next);
        return ret_text;
}

static void say_skipped(struct tree *tree)
{
        for (size_t i = 0; i < tree->count; i++)
                if (tree->members[i].state == MEMBER_SKIPPED)
                        tree->way->finished(tree, &tree->members[i], NULL, NULL);
}

static int prepare(struct tree *tree, struct ekiden_error *error)
{
        ek_auto_free char *binary = request_binary_path(tree->options->binary);
        int r;

        if (!binary)
                return ekiden_error_set(error, EKIDEN_ENOMEM, "%s",
                                        ekiden_error_text(EKIDEN_ENOMEM));
        tree->binary = running_file_at(binary);
        r = tree_find_members(tree, error);
        if (r < 0)
                return r;
        tree->interrupt = interrupt_open(error);
        return tree->interrupt < 0 ? tree->interrupt : 0;
}

/* False: nobody is left, or nothing more is to be done. */
static bool find_born(struct tree *tree)
{
        struct ekiden_error error = {0};
        size_t born = 0;

        if (tree->stops || tree->options->rehearse)
                return false;
        if (tree_find_born(tree, &born, &error) < 0) {
                if (tree->error.code == 0)
                        tree->error = error;
                return false;
        }
        if (born > 0 && tree->rounds >= TREE_ROUNDS_MAX) {
                ekiden_error_set(&tree->error, EKIDEN_ELIMIT,
                                 "after %d rounds there are still processes that were born of the "
                                 "old version meanwhile; let the program bear fewer for a moment",
                                 TREE_ROUNDS_MAX);
                return false;
        }
        return born > 0;
}

static void run(struct tree *tree)
{
        tree->started_ns = ek_now_ns();
        tree->way->begin(tree);
        say_skipped(tree);
        do {
                tree->rounds++;
                tree_pass(tree);
        } while (find_born(tree));
        for (size_t i = 0; i < tree->count; i++)
                if (tree->members[i].state == MEMBER_WAITING) {
                        tree->members[i].state = MEMBER_UNTRIED;
                        tree->way->finished(tree, &tree->members[i], NULL, NULL);
                }
        if (tree->signal_number > 0 && tree_count(tree, MEMBER_UNTRIED) > 0)
                ekiden_error_set(&tree->error, EKIDEN_ECANCELLED,
                                 "called off by the operator before all had had their turn");
        tree->total_us = (ek_now_ns() - tree->started_ns) / EK_NS_PER_US;
        tree->way->end(tree);
}

int command_tree(const struct options *options, struct show *show)
{
        struct tree tree = {
                .options = options,
                .show = show,
                .way = options->json ? &tree_show_as_json : &tree_show_as_text,
                .interrupt = -1,
        };
        struct ekiden_error error = {0};
        int r = prepare(&tree, &error);

        if (r == 0) {
                run(&tree);
                r = tree.error.code;
        } else {
                error.phase = EKIDEN_PHASE_REQUEST;
                next_step_for_search(&tree.failed, options, &error);
                show_failed(show, &tree.failed, options->target, &error);
        }
        free(tree.members);
        ek_close(&tree.interrupt);
        return ekiden_error_exit_status(r);
}
