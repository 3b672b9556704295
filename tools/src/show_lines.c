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

/* A long first pass, of which one wants to know how far it is. */
static void print_ahead(struct show *show, const struct upgrade *upgrade)
{
        uint64_t now = ek_now_ns();
        char item[EKIDEN_NAME_MAX + 1], sent[TEXT_FIGURE_MAX], all[TEXT_FIGURE_MAX], line[256];

        if (show->drawn_ns == 0)
                show->drawn_ns = now; /* a short one is not told of */
        if (now - show->drawn_ns < INTERVAL_NS)
                return;
        show->drawn_ns = now;
        text_clean(upgrade->item, terminal_allowed(&show->terminal), item, sizeof(item));
        text_count(upgrade->item_records.value, sent);
        if (upgrade->round.value > 0)
                snprintf(line, sizeof(line),
                         "%s sent ahead, round %s: %s records, %s changed since", item,
                         text_count(upgrade->round.value, all), sent,
                         text_count(upgrade->rest.value, (char[TEXT_FIGURE_MAX]){0}));
        else if (upgrade->item_count.known)
                snprintf(line, sizeof(line), "%s sent ahead: %s of %s records", item, sent,
                         text_count(upgrade->item_count.value, all));
        else
                snprintf(line, sizeof(line), "%s sent ahead: %s records", item, sent);
        print_line(show, upgrade, line);
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
        .ahead = print_ahead,
        .notice = print_notice,
        .committed = print_summary,
        .idle = show_no_upgrade,
        .cancelled = show_called_off,
        .rehearsed = print_report,
        .rehearsed_again = print_rehearsal,
        .rehearsals = print_spread,
        .failed = show_failure_on_stderr,
};
