/* SPDX-License-Identifier: MIT */
/* Where the output goes to a file or a pipe: a line for each phase, and the summary. */
#include "show.h"

#include "rehearse.h"
#include "show_rehearsal.h"
#include "text.h"
#include "wire/clock.h"

#define INTERVAL_NS (UINT64_C(1000) * EK_NS_PER_MS) /* of lines that tell how far it has come */

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

static void print_report(struct show *show, const struct upgrade *upgrade)
{
        show_rehearsal_report(show, upgrade);
}

static void print_rehearsal(struct show *show, const struct upgrade *upgrade,
                            const struct rehearsals *rehearsals)
{
        uint64_t now = ek_now_ns();
        char text[64];

        if (now - show->drawn_ns < INTERVAL_NS)
                return;
        show->drawn_ns = now;
        snprintf(text, sizeof(text), "rehearsal %u of %u", rehearsals->done, rehearsals->times);
        print_line(show, upgrade, text);
}

static void print_spread(struct show *show, const struct rehearsals *rehearsals)
{
        show_rehearsals_report(show, rehearsals);
}

const struct show_functions show_as_lines = {
        .seen = print_phase, /* "request": it has been heard */
        .phase = print_phase,
        .notice = print_notice,
        .committed = print_summary,
        .idle = show_no_upgrade,
        .cancelled = show_called_off,
        .rehearsed = print_report,
        .rehearsed_again = print_rehearsal,
        .rehearsals = print_spread,
        .failed = show_failure_on_stderr,
};
