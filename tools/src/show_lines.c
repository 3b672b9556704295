/* SPDX-License-Identifier: MIT */
/* Where the output goes to a file or a pipe: a line for each phase, and the summary. */
#include "show.h"

#include "text.h"

static void print_line(const struct show *show, const struct upgrade *upgrade, const char *text)
{
        char program[sizeof(upgrade->program)];

        text_clean(upgrade->program, terminal_allowed(&show->terminal), program, sizeof(program));
        fprintf(show->terminal.out, "%s (pid %d): %s\n", program, (int)upgrade->pid, text);
        fflush(show->terminal.out);
}

static void print_phase(struct show *show, const struct upgrade *upgrade)
{
        print_line(show, upgrade, ekiden_phase_name(upgrade->phase));
}

static void print_notice(struct show *show, const struct upgrade *upgrade, const char *sentence)
{
        (void)show;
        (void)upgrade;
        fprintf(stderr, "ekiden-upgrade: %s\n", sentence);
}

static void print_summary(struct show *show, const struct upgrade *upgrade)
{
        show_summary(show, upgrade);
}

const struct show_functions show_as_lines = {
        .seen = print_phase, /* "request": it has been heard */
        .phase = print_phase,
        .notice = print_notice,
        .committed = print_summary,
        .failed = show_failure_on_stderr,
};
