/* SPDX-License-Identifier: MIT */
/*
 * See tree_pass.h. Members of one place in the order of roles may be under way together; those of
 * the next begin when all of them have ended.
 */
#include "tree_pass.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "interrupt.h"
#include "process_state.h"
#include "wire/clock.h"

#define TICK_MS 100 /* how often the line on a terminal is drawn again */

static void remember_file(struct tree *tree, pid_t successor)
{
        struct running_file runs = running_file_of(successor);

        for (size_t i = 0; i < tree->file_count; i++)
                if (running_file_is_same(&runs, &tree->files[i]))
                        return;
        if (runs.known && tree->file_count < TREE_FILES_MAX)
                tree->files[tree->file_count++] = runs;
}

/*
 * Whether the process has come to its end by itself, as one does whose work is done: before the
 * upgrade reached it, or while it still served. In the pause and after it, it is no end of its own.
 */
static bool has_ended_by_itself(const struct member *member, const struct report *report)
{
        const struct upgrade *upgrade = &report->upgrade;
        int code = report->error.code;

        if (code != EKIDEN_ENOTFOUND && code != EKIDEN_EPEER)
                return false;
        if (upgrade->phase > EKIDEN_PHASE_WARM || upgrade->aftermath == AFTERMATH_UPGRADED)
                return false;
        return !process_is_alive(upgrade->pid > 0 ? upgrade_serving_pid(upgrade) : member->pid);
}

/* The first failure is the one that the operator is told of at the end. */
static void note_failure(struct tree *tree, const struct report *report)
{
        if (tree->error.code == 0) {
                tree->error = report->error;
                tree->failed = report->upgrade;
                tree->failed.accounts = NULL;
                tree->failed.account_count = 0;
        }
        tree->stops = tree->stops || !tree->options->keep_going;
}

static void note_success(struct tree *tree, struct member *member, const struct upgrade *upgrade)
{
        if (upgrade->pause_us.known && upgrade->pause_us.value > tree->longest_pause_us)
                tree->longest_pause_us = upgrade->pause_us.value;
        if (tree->options->rehearse || !upgrade->successor_pid.known)
                return;
        member->successor_pid = (pid_t)upgrade->successor_pid.value;
        remember_file(tree, member->successor_pid);
}

static void on_end(struct tree *tree, struct member *member, struct report *report)
{
        if (report->error.code == 0)
                member->state = MEMBER_SUCCEEDED;
        else if (has_ended_by_itself(member, report))
                member->state = MEMBER_ENDED;
        else
                member->state = MEMBER_FAILED;
        if (member->state == MEMBER_SUCCEEDED)
                note_success(tree, member, &report->upgrade);
        else if (member->state == MEMBER_FAILED)
                note_failure(tree, report);
        tree->way->finished(tree, member, &report->upgrade, &report->error);
}

/* What the attempt says of a process that it did not find is filled in. */
static void on_report(struct tree *tree, struct member *member)
{
        struct report report;
        struct upgrade *upgrade = &report.upgrade;

        tree_attempt_read(&member->attempt, &report);
        if (upgrade->pid == 0) {
                upgrade->pid = member->pid;
                upgrade->phase = EKIDEN_PHASE_REQUEST;
                upgrade->rehearse = tree->options->rehearse;
                strcpy(upgrade->program, tree->program);
        }
        if (report.error.code != 0 && report.error.phase == EKIDEN_PHASE_NONE)
                report.error.phase = member->phase;
        if (member->role[0]) /* its status told it; otherwise an event may have */
                strcpy(upgrade->role, member->role);
        member->asked_pid = upgrade_serving_pid(upgrade);
        member->phase = upgrade->phase;
        if (report.kind == REPORT_END)
                on_end(tree, member, &report);
        else
                tree->way->event(tree, member, &report);
        upgrade_deinit(upgrade);
}

static void begin(struct tree *tree, struct member *member)
{
        struct report report = {.kind = REPORT_END};

        member->phase = EKIDEN_PHASE_REQUEST;
        if (tree_attempt_begin(tree->options, member->pid, &member->attempt, &report.error) == 0) {
                member->state = MEMBER_UNDER_WAY;
                return;
        }
        report.error.phase = EKIDEN_PHASE_REQUEST;
        report.upgrade.pid = member->pid;
        strcpy(report.upgrade.program, tree->program);
        strcpy(report.upgrade.role, member->role);
        on_end(tree, member, &report);
}

/* The first that waits, if it may begin beside those that are under way. */
static struct member *next(struct tree *tree)
{
        struct member *first = NULL;
        size_t under_way = 0;

        for (size_t i = 0; i < tree->count && !first; i++)
                if (tree->members[i].state == MEMBER_WAITING)
                        first = &tree->members[i];
        if (tree->stops || !first)
                return NULL;
        for (size_t i = 0; i < tree->count; i++) {
                if (tree->members[i].state != MEMBER_UNDER_WAY)
                        continue;
                if (tree->members[i].place != first->place)
                        return NULL;
                under_way++;
        }
        return under_way < tree->options->parallel ? first : NULL;
}

/* All that are under way are called off, and no more begin. */
static void on_signal(struct tree *tree, int signal_number)
{
        tree->stops = true;
        tree->signal_number = signal_number;
        for (size_t i = 0; i < tree->count; i++)
                if (tree->members[i].state == MEMBER_UNDER_WAY)
                        tree_attempt_interrupt(&tree->members[i].attempt, signal_number);
}

static void take_signals(struct tree *tree)
{
        int signal_number;

        while ((signal_number = interrupt_take(tree->interrupt)) > 0)
                on_signal(tree, signal_number);
}

/* False: nothing is under way. Where it cannot be waited for any of them, each is waited for in
   turn: what is under way has its deadlines, and is heard to its end. */
static bool wait_for_reports(struct tree *tree, struct pollfd *sources)
{
        nfds_t count = 0;

        sources[count++] = (struct pollfd){.fd = tree->interrupt, .events = POLLIN};
        for (size_t i = 0; i < tree->count; i++)
                if (tree->members[i].state == MEMBER_UNDER_WAY)
                        sources[count++] = (struct pollfd){.fd = tree->members[i].attempt.channel,
                                                           .events = POLLIN};
        if (count == 1)
                return false;
        if (poll(sources, count, TICK_MS) < 0 && errno != EINTR)
                for (nfds_t i = 1; i < count; i++)
                        sources[i].revents = POLLIN;
        return true;
}

/* The sources are in the order of the members that are under way. */
static void take_reports(struct tree *tree, const struct pollfd *sources)
{
        size_t at = 1;

        for (size_t i = 0; i < tree->count; i++)
                if (tree->members[i].state == MEMBER_UNDER_WAY && sources[at++].revents != 0)
                        on_report(tree, &tree->members[i]);
}

void tree_pass(struct tree *tree)
{
        struct pollfd *sources = calloc(tree->count + 1, sizeof(*sources));
        struct member *member;

        if (!sources) {
                ekiden_error_set(&tree->error, EKIDEN_ENOMEM, "%s",
                                 ekiden_error_text(EKIDEN_ENOMEM));
                tree->stops = true;
        }
        while (sources) {
                take_signals(tree);
                while ((member = next(tree)))
                        begin(tree, member);
                if (!wait_for_reports(tree, sources))
                        break;
                take_reports(tree, sources);
                if (tree->way->tick)
                        tree->way->tick(tree);
        }
        free(sources);
}
