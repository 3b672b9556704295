/* SPDX-License-Identifier: MIT */
/* See tree_choice.h. Nothing is upgraded that the operator may not have meant. */
#include "tree_choice.h"

#include <stdio.h>
#include <string.h>

#include "process_state.h"
#include "text.h"

static const char *role_in_tree(const struct tree *tree, const struct tree_listing *listing,
                                size_t index)
{
        const Ekiden__Status *status = tree_listing_status(listing, index);

        return status && listing->trees[index] == tree->number ? status->role : NULL;
}

/* Whether nobody before it is in the same role. */
static bool is_first_in_role(const struct tree *tree, const struct tree_listing *listing,
                             size_t index)
{
        const char *role = role_in_tree(tree, listing, index);

        for (size_t i = 0; role && i < index; i++) {
                const char *other = role_in_tree(tree, listing, i);

                if (other && strcmp(other, role) == 0)
                        return false;
        }
        return role;
}

int tree_no_such_role(struct tree *tree, const struct tree_listing *listing,
                      struct ekiden_error *error)
{
        char roles[256] = "";
        size_t used = 0;

        for (size_t i = 0; i < listing->list.count; i++) {
                char role[EKIDEN_NAME_MAX + 1];

                if (!is_first_in_role(tree, listing, i))
                        continue;
                text_clean(role_in_tree(tree, listing, i), TEXT_ANY_UTF8, role, sizeof(role));
                if (used + strlen(role) + sizeof(", ") > sizeof(roles))
                        break;
                used += (size_t)snprintf(roles + used, sizeof(roles) - used, "%s%s",
                                         used > 0 ? ", " : "", role);
        }
        if (roles[0])
                strcpy(tree->failed.next_step, "name one of these roles, or leave --role out");
        return ekiden_error_set(error, EKIDEN_ENOTFOUND,
                                "no process of %s is in role \"%.63s\"%s; there are: %s",
                                tree->program, tree->options->roles[0],
                                tree->options->role_count > 1 ? " or another of those given" : "",
                                roles[0] ? roles : "none that say theirs");
}

/* The tree of the process that was named. */
static int choose_by_pid(struct tree *tree, const struct tree_listing *listing, pid_t pid,
                         struct ekiden_error *error)
{
        for (size_t i = 0; i < listing->list.count; i++) {
                if (listing->list.processes[i].pid != pid)
                        continue;
                tree->number = listing->trees[i];
                if (tree->number == 0)
                        return ekiden_error_set(error, EKIDEN_ETIMEOUT,
                                                "process %d does not say which tree it is of: it "
                                                "is %s",
                                                (int)pid, process_condition(pid));
                return 0;
        }
        return ekiden_error_set(error, EKIDEN_ENOTFOUND, "process %d has ended", (int)pid);
}

static int choose_by_name(struct tree *tree, const struct tree_listing *listing,
                          struct ekiden_error *error)
{
        size_t unknown, count = tree_listing_count(listing, &unknown);

        if (listing->list.count == 0)
                return find_failed(tree->options->target, &listing->list, error);
        if (count == listing->list.count - unknown && listing->list.count > 1)
                return find_failed(tree->options->target, &listing->list, error);
        if (count > 1)
                return tree_listing_ambiguous(listing, tree->options->target, error);
        for (size_t i = 0; i < listing->list.count; i++) {
                pid_t pid = listing->list.processes[i].pid;

                if (listing->trees[i] != 0)
                        tree->number = listing->trees[i];
                else
                        return ekiden_error_set(error, EKIDEN_ETIMEOUT,
                                                "process %d does not say which tree it is of, so "
                                                "that all of %s may be one or several: it is %s; "
                                                "--tree and the PID of another process upgrades "
                                                "those of its tree",
                                                (int)pid, tree->program, process_condition(pid));
        }
        return 0;
}

int tree_choose(struct tree *tree, const struct tree_listing *listing, struct ekiden_error *error)
{
        pid_t pid = find_pid(tree->options->target);

        return pid > 0 ? choose_by_pid(tree, listing, pid, error)
                       : choose_by_name(tree, listing, error);
}
