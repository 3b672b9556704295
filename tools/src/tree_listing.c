/* SPDX-License-Identifier: MIT */
/*
 * See tree_listing.h. A process that is busy between update points does not answer; its parent or
 * its child may, and is of the same tree.
 */
#include "tree_listing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ekiden/role.h>

#include "process_state.h"

static bool is_listed_before(const struct process_list *list, size_t count, pid_t pid)
{
        for (size_t i = 0; i < count; i++)
                if (list->processes[i].pid == pid)
                        return true;
        return false;
}

/* Sockets in several directories may be of one process; and what is known is asked nothing. */
static void keep_what_counts(struct process_list *list,
                             bool (*is_known)(const void *data, pid_t pid), const void *data)
{
        size_t kept = 0;

        for (size_t i = 0; i < list->count; i++) {
                struct process *process = &list->processes[i];

                if (is_listed_before(list, kept, process->pid) ||
                    (is_known && is_known(data, process->pid)))
                        process_deinit(process);
                else
                        list->processes[kept++] = *process;
        }
        list->count = kept;
}

static bool is_one_process(const struct process_list *list)
{
        for (size_t i = 1; i < list->count; i++)
                if (list->processes[i].pid != list->processes[0].pid)
                        return false;
        return list->count > 0;
}

const Ekiden__Status *tree_listing_status(const struct tree_listing *listing, size_t index)
{
        const Ekiden__Event *event = listing->answers[index].event;

        return event ? event->status : NULL;
}

/* They come to the tree when they serve, in the place of others that are in it. */
static void leave_out_successors(struct tree_listing *listing)
{
        size_t kept = 0;

        for (size_t i = 0; i < listing->list.count; i++) {
                if (listing->answers[i].succeeds > 0) {
                        answer_deinit(&listing->answers[i]);
                        process_deinit(&listing->list.processes[i]);
                        continue;
                }
                listing->answers[kept] = listing->answers[i];
                listing->list.processes[kept++] = listing->list.processes[i];
        }
        listing->list.count = kept;
}

static bool is_parent_or_child(pid_t one, pid_t other)
{
        return process_parent(one) == other || process_parent(other) == one;
}

/* Whether a silent process could be placed beside one that is. */
static bool place_silent(struct tree_listing *listing)
{
        for (size_t i = 0; i < listing->list.count; i++) {
                pid_t pid = listing->list.processes[i].pid;

                for (size_t k = 0; listing->trees[i] == 0 && k < listing->list.count; k++)
                        if (listing->trees[k] != 0 &&
                            is_parent_or_child(pid, listing->list.processes[k].pid)) {
                                listing->trees[i] = listing->trees[k];
                                return true;
                        }
        }
        return false;
}

static void find_trees(struct tree_listing *listing)
{
        for (size_t i = 0; i < listing->list.count; i++) {
                const Ekiden__Status *status = tree_listing_status(listing, i);

                if (status && status->has_tree && status->tree != 0)
                        listing->trees[i] = status->tree;
                else if (status)
                        listing->trees[i] = (uint64_t)listing->list.processes[i].pid;
        }
        while (place_silent(listing))
                ;
}

int tree_listing_init(struct tree_listing *listing, const char *program, uint32_t timeout_ms,
                      bool (*is_known)(const void *data, pid_t pid), const void *data,
                      struct ekiden_error *error)
{
        int r;

        *listing = (struct tree_listing){0};
        r = find_processes(program, &listing->list, error);
        if (r < 0)
                return r;
        if (!is_known && is_one_process(&listing->list) && listing->list.count > 1) {
                r = find_failed(program, &listing->list, error);
                tree_listing_deinit(listing);
                return r;
        }
        keep_what_counts(&listing->list, is_known, data);
        listing->answers = calloc(listing->list.count + 1, sizeof(*listing->answers));
        listing->trees = calloc(listing->list.count + 1, sizeof(*listing->trees));
        if (!listing->answers || !listing->trees) {
                tree_listing_deinit(listing);
                return ekiden_error_set(error, EKIDEN_ENOMEM, "%s",
                                        ekiden_error_text(EKIDEN_ENOMEM));
        }
        if (listing->list.count > 0)
                ask_status(&listing->list, 0, timeout_ms, listing->answers);
        leave_out_successors(listing);
        find_trees(listing);
        return 0;
}

void tree_listing_deinit(struct tree_listing *listing)
{
        for (size_t i = 0; listing->answers && i < listing->list.count; i++)
                answer_deinit(&listing->answers[i]);
        free(listing->answers);
        free(listing->trees);
        process_list_deinit(&listing->list);
        *listing = (struct tree_listing){0};
}

/* Whether no process before this one is of the same tree. */
static bool is_first_of_tree(const struct tree_listing *listing, size_t index)
{
        for (size_t i = 0; i < index; i++)
                if (listing->trees[i] == listing->trees[index])
                        return false;
        return true;
}

size_t tree_listing_count(const struct tree_listing *listing, size_t *ret_unknown)
{
        size_t count = 0, unknown = 0;

        for (size_t i = 0; i < listing->list.count; i++) {
                unknown += listing->trees[i] == 0;
                count += listing->trees[i] != 0 && is_first_of_tree(listing, i);
        }
        *ret_unknown = unknown;
        return count;
}

/* The PID that people know a tree by: its main process's, or the lowest. */
static pid_t main_of(const struct tree_listing *listing, uint64_t tree, size_t *ret_size)
{
        pid_t pid = 0;
        size_t size = 0;

        for (size_t i = 0; i < listing->list.count; i++) {
                const Ekiden__Status *status = tree_listing_status(listing, i);
                bool is_main =
                        status && status->role && strcmp(status->role, EKIDEN_ROLE_MAIN) == 0;

                if (listing->trees[i] != tree)
                        continue;
                if (size++ == 0 || is_main)
                        pid = listing->list.processes[i].pid;
        }
        *ret_size = size;
        return pid;
}

pid_t tree_listing_main(const struct tree_listing *listing)
{
        size_t unknown, size;

        if (tree_listing_count(listing, &unknown) != 1 || unknown > 0)
                return 0;
        return main_of(listing, listing->trees[0], &size);
}

int tree_listing_ambiguous(const struct tree_listing *listing, const char *target,
                           struct ekiden_error *error)
{
        char trees[320] = "";
        size_t used = 0, count = 0, size, unknown;

        for (size_t i = 0; i < listing->list.count; i++) {
                pid_t pid;

                if (listing->trees[i] == 0 || !is_first_of_tree(listing, i))
                        continue;
                pid = main_of(listing, listing->trees[i], &size);
                if (used < sizeof(trees) - 48)
                        used += (size_t)snprintf(trees + used, sizeof(trees) - used,
                                                 "%s%d (%zu process%s)", count > 0 ? ", " : "",
                                                 (int)pid, size, size == 1 ? "" : "es");
                count++;
        }
        (void)tree_listing_count(listing, &unknown);
        return ekiden_error_set(error, EKIDEN_EAMBIGUOUS,
                                "the processes that match \"%.63s\" are of %zu trees, with these "
                                "main processes: %s; --tree and one of these PIDs upgrades one%s",
                                target, count, trees,
                                unknown > 0 ? "; others do not say which they are of" : "");
}
