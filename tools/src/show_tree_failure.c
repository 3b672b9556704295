/* SPDX-License-Identifier: MIT */
/* The end of a tree's upgrade that failed, for people: who is left, why, and what to do. */
#include "show_tree.h"

#include <stdio.h>
#include <string.h>

#include "text.h"

/* "worker 4712, main 4711", as many as there is room for. */
static void name_members(const struct tree *tree, enum member_state state, char *ret_text,
                         size_t size_bytes)
{
        static const char more[] = ", ...";
        size_t used = 0;

        for (size_t i = 0; i < tree->count; i++) {
                char role[EKIDEN_NAME_MAX + 1];
                int n;

                if (tree->members[i].state != state)
                        continue;
                n = snprintf(ret_text + used, size_bytes - used, "%s%s %d", used > 0 ? ", " : "",
                             show_tree_role(tree, &tree->members[i], role),
                             (int)tree->members[i].pid);
                if ((size_t)n + sizeof(more) > size_bytes - used) {
                        strcpy(ret_text + used, more);
                        return;
                }
                used += (size_t)n;
        }
        ret_text[used] = '\0';
}

static void print_field(const struct terminal *errors, const char *label, const char *text)
{
        if (!text[0])
                return;
        fprintf(errors->out, "  %-11s", label);
        terminal_print_wrapped(errors, text, 13);
}

static void print_reason(const struct tree *tree, const struct terminal *errors)
{
        const struct ekiden_error *error = &tree->error;
        char text[sizeof(error->sentence) + EKIDEN_NAME_MAX + 32];
        char reason[sizeof(error->sentence)];
        char role[EKIDEN_NAME_MAX + 1];

        text_clean(tree->failed.role[0] ? tree->failed.role : "?", terminal_allowed(errors), role,
                   sizeof(role));
        text_clean(error->sentence, terminal_allowed(errors), reason, sizeof(reason));
        if (tree->failed.pid > 0 && error->code != EKIDEN_ECANCELLED)
                snprintf(text, sizeof(text), "%s (pid %d): %s", role, (int)tree->failed.pid,
                         reason);
        else
                snprintf(text, sizeof(text), "%s", reason);
        print_field(errors, "reason", text);
}

static void print_head(const struct tree *tree, const struct terminal *errors)
{
        size_t left = tree_count(tree, MEMBER_FAILED) + tree_count(tree, MEMBER_UNTRIED);
        char program[sizeof(tree->program)];

        text_clean(tree->program, terminal_allowed(errors), program, sizeof(program));
        fprintf(errors->out, "%sekiden-upgrade:%s ", terminal_red(errors), terminal_plain(errors));
        if (tree->count == 1 && left == 1)
                fputs("the process", errors->out);
        else
                fprintf(errors->out, "%zu of %zu processes", left, tree->count);
        fprintf(errors->out, " of %s %s not %s.\n", program, left == 1 ? "was" : "were",
                tree->options->rehearse ? "rehearsed" : "upgraded");
}

void show_tree_failure(const struct tree *tree)
{
        struct terminal errors;
        char members[1024], next[512], cleaned[512];

        terminal_init(&errors, stderr);
        print_head(tree, &errors);
        name_members(tree, MEMBER_FAILED, members, sizeof(members));
        print_field(&errors, "failed", members);
        name_members(tree, MEMBER_UNTRIED, members, sizeof(members));
        print_field(&errors, "not tried", members);
        print_reason(tree, &errors);
        print_field(&errors, "next",
                    text_clean(tree_next_step(tree, next, sizeof(next)), terminal_allowed(&errors),
                               cleaned, sizeof(cleaned)));
        fprintf(stderr, "  %-11s%s (exit status %d)\n", "error",
                ekiden_error_name(tree->error.code), ekiden_error_exit_status(tree->error.code));
}
