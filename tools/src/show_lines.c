/* SPDX-License-Identifier: MIT */
/* Where the output goes to a file or a pipe: a line for each phase that is over, and the summary.
 */
#include "show.h"

#include "rehearse.h"
#include "show_phase.h"
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

static void finish_phase(struct show *show, const struct upgrade *upgrade)
{
        struct line line = {0};

        if (show->phase == EKIDEN_PHASE_NONE)
                return;
        show_phase_append(&line, show, upgrade);
        print_line(show, upgrade, line.text);
        show->phase = EKIDEN_PHASE_NONE;
}

/* Of one that has failed. The request was seen, or it would not be shown: that is over. */
static void print_unfinished(struct show *show, const struct upgrade *upgrade)
{
        struct line line = {0};

        if (!upgrade || show->phase == EKIDEN_PHASE_NONE)
                return;
        if (show->phase == EKIDEN_PHASE_REQUEST) {
                finish_phase(show, upgrade);
                return;
        }
        show_phase_append_unfinished(&line, show, upgrade);
        print_line(show, upgrade, line.text);
}

static void begin_phase(struct show *show, const struct upgrade *upgrade)
{
        if (show->phase == upgrade->phase)
                return;
        finish_phase(show, upgrade);
        show_phase_begin(show, upgrade);
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
        finish_phase(show, upgrade);
        show_summary(show, upgrade);
}

static void print_report(struct show *show, const struct upgrade *upgrade)
{
        finish_phase(show, upgrade);
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

static void print_called_off(struct show *show, const struct upgrade *upgrade,
                             const struct ekiden_error *error)
{
        print_unfinished(show, upgrade);
        show_called_off(show, upgrade, error);
}

static void print_failure(struct show *show, const struct upgrade *upgrade, const char *target,
                          const struct ekiden_error *error)
{
        if (upgrade && upgrade->aftermath == AFTERMATH_UPGRADED)
                finish_phase(show, upgrade); /* the failure is that it was not called off */
        else
                print_unfinished(show, upgrade);
        show_failure_on_stderr(show, upgrade, target, error);
}

const struct show_functions show_as_lines = {
        .seen = begin_phase, /* "request": it has been heard */
        .phase = begin_phase,
        .ahead = print_ahead,
        .notice = print_notice,
        .committed = print_summary,
        .idle = show_no_upgrade,
        .cancelled = print_called_off,
        .rehearsed = print_report,
        .rehearsed_again = print_rehearsal,
        .rehearsals = print_spread,
        .failed = print_failure,
};
