/* SPDX-License-Identifier: MIT */
/*
 * A tree's upgrade for people: a line for each process as soon as it has ended, in columns whose
 * widths are known before the first; on a terminal below them what is under way; then the whole.
 * What failed is in show_tree_failure.c.
 */
#include <inttypes.h>
#include <string.h>

#include "failure.h"
#include "show_tree.h"
#include "text.h"

#define PID_COLUMNS 7 /* of the largest there can be */
#define VERSION_COLUMNS 8
#define PAUSE_COLUMNS 8
#define RECORDS_COLUMNS 7
#define LINE_SIZE 256

const char *show_tree_role(const struct tree *tree, const struct member *member,
                           char ret_role[EKIDEN_NAME_MAX + 1])
{
        if (!member->role[0])
                return strcpy(ret_role, "?");
        return text_clean(member->role, terminal_allowed(&tree->show->terminal), ret_role,
                          EKIDEN_NAME_MAX + 1);
}

static size_t role_columns(const struct tree *tree)
{
        char role[EKIDEN_NAME_MAX + 1];
        size_t columns = strlen("ROLE");

        for (size_t i = 0; i < tree->count; i++) {
                size_t needed = text_columns(show_tree_role(tree, &tree->members[i], role));

                columns = needed > columns ? needed : columns;
        }
        return columns;
}

static void print_left(FILE *out, const char *text, size_t columns)
{
        size_t used = text_columns(text);

        fprintf(out, "%s%*s", text, (int)(used < columns ? columns - used : 0), "");
}

static void print_head(struct tree *tree)
{
        FILE *out = tree->show->terminal.out;

        if (tree->options->quiet)
                return;
        print_left(out, "ROLE", role_columns(tree));
        fprintf(out, "  %*s", PID_COLUMNS, "PID");
        if (!tree->options->rehearse)
                fprintf(out, "  %*s", PID_COLUMNS, "NEW PID");
        fputs("  ", out);
        print_left(out, "VERSION", VERSION_COLUMNS);
        fprintf(out, "  %*s  %*s\n", PAUSE_COLUMNS, "PAUSE", RECORDS_COLUMNS, "RECORDS");
        fflush(out);
}

static const char *figure_text(const struct figure *figure,
                               const char *(*text)(uint64_t value, char ret_text[TEXT_FIGURE_MAX]),
                               char ret_text[TEXT_FIGURE_MAX])
{
        return figure->known ? text(figure->value, ret_text) : "-";
}

static void print_success(const struct tree *tree, const struct upgrade *upgrade)
{
        const struct terminal *terminal = &tree->show->terminal;
        char text[TEXT_FIGURE_MAX], version[2 * TEXT_FIGURE_MAX + 8];
        FILE *out = terminal->out;

        if (!tree->options->rehearse)
                fprintf(out, "  %*" PRIu64, PID_COLUMNS, upgrade->successor_pid.value);
        snprintf(version, sizeof(version), "v%" PRIu64 " %s v%" PRIu64, upgrade->from_version.value,
                 terminal->utf8 ? "\u2192" : "->", upgrade->to_version.value);
        fputs("  ", out);
        print_left(out, version, VERSION_COLUMNS);
        fprintf(out, "  %*s", PAUSE_COLUMNS,
                figure_text(&upgrade->pause_us, text_milliseconds, text));
        fprintf(out, "  %*s\n", RECORDS_COLUMNS, figure_text(&upgrade->records, text_count, text));
        show_summary_details(tree->show, upgrade);
}

static const char *aftermath_text(const struct upgrade *upgrade, char *ret_text, size_t size_bytes)
{
        switch (upgrade->aftermath) {
        case AFTERMATH_SERVES_ON:
                if (!upgrade_lost_pid(upgrade))
                        return "serves on";
                snprintf(ret_text, size_bytes,
                         "and its PID is lost: process %d serves on in its place",
                         (int)upgrade->serving_pid);
                return ret_text;
        case AFTERMATH_ENDED:
                return "and has ended";
        case AFTERMATH_UPGRADED:
                return "and was upgraded";
        case AFTERMATH_UNKNOWN:
        default:
                return "and it is not known who serves";
        }
}

/* What became of it, for a process that has no figures. */
static void print_outcome(const struct tree *tree, const struct member *member,
                          const struct upgrade *upgrade, const struct ekiden_error *error,
                          size_t indent)
{
        const struct terminal *terminal = &tree->show->terminal;
        char line[sizeof(error->sentence) + 160], reason[sizeof(error->sentence)], served[80];

        switch (member->state) {
        case MEMBER_SKIPPED:
                strcpy(line, "runs the new binary already");
                break;
        case MEMBER_ENDED:
                strcpy(line, "has ended by itself");
                break;
        case MEMBER_FAILED:
        default:
                text_clean(error->sentence, terminal_allowed(terminal), reason, sizeof(reason));
                snprintf(line, sizeof(line), "%sfailed%s in phase %s, %s: %s",
                         terminal_red(terminal), terminal_plain(terminal),
                         ekiden_phase_name(error->phase),
                         aftermath_text(upgrade, served, sizeof(served)), reason);
                break;
        }
        fputs("  ", terminal->out);
        terminal_print_wrapped(terminal, line, indent);
}

static void print_line(struct tree *tree, const struct member *member,
                       const struct upgrade *upgrade, const struct ekiden_error *error)
{
        struct terminal *terminal = &tree->show->terminal;
        size_t columns = role_columns(tree);
        char role[EKIDEN_NAME_MAX + 1];

        terminal_clear(terminal);
        if (member->state == MEMBER_UNTRIED)
                return; /* all of them are told of at the end */
        if (tree->options->quiet) {
                if (member->state == MEMBER_FAILED)
                        failure_print(stderr, upgrade, error);
                return;
        }
        print_left(terminal->out, show_tree_role(tree, member, role), columns);
        fprintf(terminal->out, "  %*d", PID_COLUMNS, (int)member->pid);
        if (member->state == MEMBER_SUCCEEDED)
                print_success(tree, upgrade);
        else
                print_outcome(tree, member, upgrade, error, columns + PID_COLUMNS + 4);
        fflush(terminal->out);
}

/* The first that is under way, and how many others are. */
static void draw(struct tree *tree)
{
        const struct member *first = NULL;
        char role[EKIDEN_NAME_MAX + 1], line[LINE_SIZE], others[48] = "";
        size_t under_way = tree_count(tree, MEMBER_UNDER_WAY);

        if (!tree->show->terminal.live || tree->options->quiet || under_way == 0)
                return;
        for (size_t i = 0; i < tree->count && !first; i++)
                if (tree->members[i].state == MEMBER_UNDER_WAY)
                        first = &tree->members[i];
        if (under_way > 1)
                snprintf(others, sizeof(others), ", and %zu others", under_way - 1);
        snprintf(line, sizeof(line), "%s (pid %d): %s%s; %zu wait",
                 show_tree_role(tree, first, role), (int)first->pid,
                 ekiden_phase_name(first->phase), others, tree_count(tree, MEMBER_WAITING));
        terminal_draw(&tree->show->terminal, line);
}

static void print_event(struct tree *tree, const struct member *member, const struct report *report)
{
        char role[EKIDEN_NAME_MAX + 1];

        if (report->kind != REPORT_NOTICE || tree->options->quiet)
                return;
        terminal_clear(&tree->show->terminal);
        fprintf(stderr, "ekiden-upgrade: %s (pid %d): %s\n", show_tree_role(tree, member, role),
                (int)member->pid, report->sentence);
}

static void print_notice(struct tree *tree, pid_t pid, const char *sentence)
{
        (void)pid;
        if (!tree->options->quiet)
                fprintf(stderr, "ekiden-upgrade: %s\n", sentence);
}

static void print_count(FILE *out, size_t count, const char *what)
{
        char text[TEXT_FIGURE_MAX];

        if (count > 0)
                fprintf(out, ", %s %s", text_count(count, text), what);
}

static void print_summary(const struct tree *tree)
{
        const struct terminal *terminal = &tree->show->terminal;
        size_t succeeded = tree_count(tree, MEMBER_SUCCEEDED);
        char program[sizeof(tree->program)], text[3][TEXT_FIGURE_MAX];

        text_clean(tree->program, terminal_allowed(terminal), program, sizeof(program));
        fprintf(terminal->out, "%s%s:%s %s of %s process%s %s", terminal_green(terminal), program,
                terminal_plain(terminal), text_count(succeeded, text[0]),
                text_count(tree->count, text[1]), tree->count == 1 ? "" : "es",
                tree->options->rehearse ? "would be upgraded" : "upgraded");
        print_count(terminal->out, tree_count(tree, MEMBER_ENDED), "ended by themselves");
        print_count(terminal->out, tree_count(tree, MEMBER_SKIPPED), "ran it already");
        print_count(terminal->out, tree_count(tree, MEMBER_FAILED), "failed");
        print_count(terminal->out, tree_count(tree, MEMBER_UNTRIED), "not tried");
        if (succeeded > 0)
                fprintf(terminal->out, "  longest pause %s",
                        text_milliseconds(tree->longest_pause_us, text[0]));
        fprintf(terminal->out, "  total %s\n", text_milliseconds(tree->total_us, text[1]));
        fflush(terminal->out);
}

static void print_end(struct tree *tree)
{
        terminal_clear(&tree->show->terminal);
        if (!tree->options->quiet)
                print_summary(tree);
        if (tree->error.code != 0)
                show_tree_failure(tree);
}

const struct tree_show tree_show_as_text = {
        .begin = print_head,
        .event = print_event,
        .finished = print_line,
        .notice = print_notice,
        .tick = draw,
        .end = print_end,
};
