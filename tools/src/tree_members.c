/* SPDX-License-Identifier: MIT */
/*
 * See tree_members.h. Upgraded processes go on bearing others, and old ones do until their own turn
 * comes. What runs the new binary, or what a successor seen here runs, was born of a new one.
 */
#include "tree_members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "process_state.h"
#include "text.h"
#include "tree_choice.h"
#include "tree_listing.h"
#include "wire/cleanup.h"

#define ANSWER_MS 2000 /* for the status; a process that is silent for longer is busy */

static bool is_seen(const void *data, pid_t pid)
{
        const struct tree *tree = data;

        for (size_t i = 0; pid > 0 && i < tree->count; i++) {
                const struct member *member = &tree->members[i];

                if (member->pid == pid || member->asked_pid == pid || member->successor_pid == pid)
                        return true;
        }
        return false;
}

static bool is_wanted(const struct options *options, const char *role)
{
        for (size_t i = 0; i < options->role_count; i++)
                if (strcmp(options->roles[i], role) == 0)
                        return true;
        return options->role_count == 0;
}

/* One that is silent comes last: nothing tells that it may come before others. */
static int add_member(struct tree *tree, pid_t pid, const Ekiden__Status *status,
                      struct ekiden_error *error)
{
        struct member member = {.pid = pid, .place = UINT32_MAX};

        if (status && status->role)
                text_clean(status->role, TEXT_ANY_UTF8, member.role, sizeof(member.role));
        if (status && status->has_role_place)
                member.place = status->role_place;
        if (!is_wanted(tree->options, member.role))
                return 0;
        if (tree->count == tree->capacity) {
                size_t capacity = tree->capacity > 0 ? 2 * tree->capacity : 16;
                struct member *grown = reallocarray(tree->members, capacity, sizeof(*grown));

                if (!grown)
                        return ekiden_error_set(error, EKIDEN_ENOMEM, "%s",
                                                ekiden_error_text(EKIDEN_ENOMEM));
                tree->members = grown;
                tree->capacity = capacity;
        }
        tree->members[tree->count++] = member;
        return 0;
}

static int compare(const void *a, const void *b)
{
        const struct member *left = a, *right = b;

        if (left->place != right->place)
                return left->place < right->place ? -1 : 1;
        return (left->pid > right->pid) - (left->pid < right->pid);
}

static void sort(struct tree *tree, size_t first)
{
        if (tree->count > first + 1)
                qsort(tree->members + first, tree->count - first, sizeof(*tree->members), compare);
}

static void say_silent(struct tree *tree, const struct tree_listing *listing, size_t index)
{
        char sentence[160];
        pid_t pid = listing->list.processes[index].pid;

        if (!process_is_alive(pid))
                return;
        snprintf(sentence, sizeof(sentence),
                 "process %d does not say which tree it is of, and is left out: it is %s", (int)pid,
                 process_condition(pid));
        tree->way->notice(tree, pid, sentence);
}

static int add_listed(struct tree *tree, const struct tree_listing *listing,
                      struct ekiden_error *error)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < listing->list.count; i++) {
                pid_t pid = listing->list.processes[i].pid;

                if (listing->trees[i] == tree->number)
                        r = add_member(tree, pid, tree_listing_status(listing, i), error);
                else if (listing->trees[i] == 0)
                        say_silent(tree, listing, i);
        }
        sort(tree, 0);
        if (r == 0 && tree->count == 0)
                return tree_no_such_role(tree, listing, error);
        return r;
}

static void skip_same(struct tree *tree)
{
        for (size_t i = 0; i < tree->count && tree->options->skip_same; i++) {
                struct running_file runs = running_file_of(tree->members[i].pid);

                if (running_file_is_same(&runs, &tree->binary))
                        tree->members[i].state = MEMBER_SKIPPED;
        }
}

/* Where a PID is given, it tells the program, and that all its processes. */
static int find_program(struct tree *tree, struct ekiden_error *error)
{
        const char *target = tree->options->target;
        struct process process = {0};
        int r;

        if (find_pid(target) == 0) {
                snprintf(tree->program, sizeof(tree->program), "%s", target);
                return 0;
        }
        r = find_process(target, &process, error);
        if (r == 0)
                strcpy(tree->program, process.program);
        process_deinit(&process);
        return r;
}

static uint32_t answer_ms(const struct options *options)
{
        return options->timeout_ms > 0 && options->timeout_ms < ANSWER_MS ? options->timeout_ms
                                                                          : ANSWER_MS;
}

int tree_find_members(struct tree *tree, struct ekiden_error *error)
{
        struct tree_listing listing;
        int r = find_program(tree, error);

        if (r < 0)
                return r;
        r = tree_listing_init(&listing, tree->program, answer_ms(tree->options), NULL, NULL, error);
        if (r < 0)
                return r;
        r = tree_choose(tree, &listing, error);
        if (r == 0)
                r = add_listed(tree, &listing, error);
        if (r == 0)
                skip_same(tree);
        tree_listing_deinit(&listing);
        return r;
}

static bool is_successor(const struct tree *tree, pid_t pid)
{
        for (size_t i = 0; pid > 0 && i < tree->count; i++)
                if (tree->members[i].successor_pid == pid)
                        return true;
        return false;
}

/* Where its file cannot be looked at, its parent tells; and an upgrade too many does no harm. */
static bool is_new(const struct tree *tree, pid_t pid)
{
        struct running_file runs = running_file_of(pid);

        if (!runs.known)
                return is_successor(tree, process_parent(pid));
        if (running_file_is_same(&runs, &tree->binary))
                return true;
        for (size_t i = 0; i < tree->file_count; i++)
                if (running_file_is_same(&runs, &tree->files[i]))
                        return true;
        return false;
}

/* A silent one is of the tree if its parent is. */
static bool is_of_tree(const struct tree *tree, const struct tree_listing *listing, size_t index)
{
        if (listing->trees[index] != 0)
                return listing->trees[index] == tree->number;
        return is_seen(tree, process_parent(listing->list.processes[index].pid));
}

int tree_find_born(struct tree *tree, size_t *ret_born, struct ekiden_error *error)
{
        size_t before = tree->count;
        struct tree_listing listing;
        int r = tree_listing_init(&listing, tree->program, answer_ms(tree->options), is_seen, tree,
                                  error);

        if (r < 0)
                return r;
        for (size_t i = 0; r == 0 && i < listing.list.count; i++) {
                pid_t pid = listing.list.processes[i].pid;

                if (is_of_tree(tree, &listing, i) && !is_new(tree, pid))
                        r = add_member(tree, pid, tree_listing_status(&listing, i), error);
        }
        tree_listing_deinit(&listing);
        sort(tree, before);
        *ret_born = tree->count - before;
        return r;
}
