/* SPDX-License-Identifier: MIT */
/* A tree's upgrade for programs: the events of each process's upgrade, which tell its PID and role,
   what became of those that had none, and the whole. */
#include "json.h"
#include "tree.h"

#include <string.h>

static void print_event(struct tree *tree, const struct member *member, const struct report *report)
{
        const struct upgrade *upgrade = &report->upgrade;

        (void)member;
        switch (report->kind) {
        case REPORT_SEEN:
                show_as_json.seen(tree->show, upgrade);
                break;
        case REPORT_PHASE:
                show_as_json.phase(tree->show, upgrade);
                break;
        case REPORT_AHEAD:
                show_as_json.ahead(tree->show, upgrade);
                break;
        case REPORT_PROGRESS:
                show_as_json.progress(tree->show, upgrade);
                break;
        case REPORT_NOTICE:
                show_as_json.notice(tree->show, upgrade, report->sentence);
                break;
        case REPORT_END:
        default:
                break;
        }
}

/* Of a process that was not upgraded, and without anything having failed. */
static void print_passed_over(const char *event, const struct tree *tree,
                              const struct member *member, const struct upgrade *known)
{
        struct upgrade upgrade = {.pid = member->pid};

        if (known)
                upgrade.elapsed_us = known->elapsed_us;
        strcpy(upgrade.program, tree->program);
        strcpy(upgrade.role, member->role);
        json_print(show_json_event(event, &upgrade));
}

static void print_finished(struct tree *tree, const struct member *member,
                           const struct upgrade *upgrade, const struct ekiden_error *error)
{
        switch (member->state) {
        case MEMBER_SUCCEEDED:
                if (upgrade->rehearse)
                        show_as_json.rehearsed(tree->show, upgrade);
                else
                        show_as_json.committed(tree->show, upgrade);
                break;
        case MEMBER_FAILED:
                show_as_json.failed(tree->show, upgrade, tree->options->target, error);
                break;
        case MEMBER_ENDED:
                print_passed_over("ended", tree, member, upgrade);
                break;
        case MEMBER_SKIPPED:
                print_passed_over("skipped", tree, member, NULL);
                break;
        case MEMBER_UNTRIED:
                print_passed_over("untried", tree, member, NULL);
                break;
        case MEMBER_WAITING:
        case MEMBER_UNDER_WAY:
        default:
                break;
        }
}

static void print_notice(struct tree *tree, pid_t pid, const char *sentence)
{
        struct upgrade upgrade = {.pid = pid};

        strcpy(upgrade.program, tree->program);
        show_as_json.notice(tree->show, &upgrade, sentence);
}

static void print_begin(struct tree *tree)
{
        (void)tree;
}

static void print_end(struct tree *tree)
{
        struct json_object *object = json_event("tree");
        const struct ekiden_error *error = &tree->error;
        bool is_failure = error->code != 0;
        char next[512];

        json_add_text(object, "program", tree->program);
        json_add(object, "rehearse", json_new_boolean(tree->options->rehearse));
        json_add_number(object, "processes", tree->count);
        json_add_number(object, "succeeded", tree_count(tree, MEMBER_SUCCEEDED));
        json_add_number(object, "ended", tree_count(tree, MEMBER_ENDED));
        json_add_number(object, "skipped", tree_count(tree, MEMBER_SKIPPED));
        json_add_number(object, "failed", tree_count(tree, MEMBER_FAILED));
        json_add_number(object, "untried", tree_count(tree, MEMBER_UNTRIED));
        json_add_number(object, "rounds", tree->rounds);
        json_add_number(object, "longest_pause_us", tree->longest_pause_us);
        json_add_number(object, "total_us", tree->total_us);
        json_add_text(object, "error", is_failure ? ekiden_error_name(error->code) : NULL);
        json_add_number(object, "exit_status", (uint64_t)ekiden_error_exit_status(error->code));
        json_add_text(object, "sentence", is_failure ? error->sentence : NULL);
        json_add_text(object, "next", is_failure ? tree_next_step(tree, next, sizeof(next)) : NULL);
        json_print(object);
}

const struct tree_show tree_show_as_json = {
        .begin = print_begin,
        .event = print_event,
        .finished = print_finished,
        .notice = print_notice,
        .end = print_end,
};
