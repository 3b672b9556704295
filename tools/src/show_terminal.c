/* SPDX-License-Identifier: MIT */
/*
 * On a terminal: a line for each phase, which is drawn again while the phase lasts. In the transfer
 * it has a bar, when the program said how many records there are.
 */
#include "show.h"

#include <inttypes.h>
#include <string.h>

#include "rehearse.h"
#include "show_phase.h"
#include "show_rehearsal.h"
#include "text.h"
#include "wire/clock.h"

#define TICK_MS 100
#define DRAW_NS (50 * EK_NS_PER_MS) /* no line is drawn more often */
#define QUIET_NS (UINT64_C(1000) * EK_NS_PER_MS) /* a wait shorter than that is not explained */

/* What a narrow terminal does without, one after the other, when the shortest bar is too long. */
enum detail {
        DETAIL_ALL,
        DETAIL_NO_ITEM,
        DETAIL_NO_RATE,
        DETAIL_NO_BYTES,
        DETAIL_NO_RECORDS,
        DETAIL_LEAST = DETAIL_NO_RECORDS,
};

static void begin_line(struct line *line, enum ekiden_phase phase)
{
        line->used = 0;
        line_append(line, "  ");
        show_phase_append_name(line, phase);
}

static void append_counts(struct line *line, const struct upgrade *upgrade, enum detail detail)
{
        if (detail < DETAIL_NO_RECORDS)
                line_append_count(line, &upgrade->records, " record");
        if (detail < DETAIL_NO_RECORDS)
                line_append_count(line, &upgrade->objects, " object");
        if (detail < DETAIL_NO_BYTES)
                line_append_bytes(line, &upgrade->bytes);
}

/* The part of an item that is through, 0 to 1; negative: nobody knows. */
static double item_part(const struct upgrade *upgrade)
{
        if (!upgrade->item_records.known || !upgrade->item_count.known ||
            upgrade->item_count.value == 0)
                return -1;
        if (upgrade->item_records.value >= upgrade->item_count.value)
                return 1;
        return (double)upgrade->item_records.value / (double)upgrade->item_count.value;
}

static void append_bar(struct line *line, const struct show *show, double part, size_t columns)
{
        size_t full = (size_t)(part * (double)columns);
        bool utf8 = show->terminal.utf8;

        line_append(line, "  ");
        for (size_t i = 0; i < columns; i++)
                line_append(line, i < full ? (utf8 ? "\u2588" : "#") : (utf8 ? "\u2591" : "-"));
}

/* Rate, and from the item's own pace the time until it is through. */
static void append_estimate(struct line *line, const struct show *show,
                            const struct upgrade *upgrade, double part, enum detail detail)
{
        uint64_t now = ek_now_ns();
        double phase_seconds = (double)(now - show->phase_ns) / 1e9;
        double item_us = (double)(now - show->item_ns) / 1e3;
        char text[TEXT_FIGURE_MAX];

        if (upgrade->bytes.known && phase_seconds > 0.01 && detail < DETAIL_NO_RATE)
                line_append_figure(
                        line,
                        text_bytes(text_figure((double)upgrade->bytes.value / phase_seconds), text),
                        "/s");
        if (part > 0 && part < 1 && item_us > 1e5)
                line_append_figure(line,
                                   text_duration(text_figure(item_us * (1 - part) / part), text),
                                   " left");
}

static void compose_transfer(struct line *line, const struct show *show,
                             const struct upgrade *upgrade, enum detail detail, size_t bar_columns)
{
        double part = item_part(upgrade);
        char text[EKIDEN_NAME_MAX + 1];

        begin_line(line, show->phase);
        if (upgrade->item[0] && detail < DETAIL_NO_ITEM)
                line_append_figure(line, text_clean(upgrade->item, TEXT_ASCII, text, sizeof(text)),
                                   "");
        if (part >= 0)
                append_bar(line, show, part, bar_columns);
        if (part >= 0) {
                snprintf(text, sizeof(text), "%3d %%", (int)(part * 100));
                line_append_figure(line, text, "");
        }
        append_counts(line, upgrade, detail);
        if (show->phase == EKIDEN_PHASE_WARM && upgrade->round.value > 0)
                line_append_figure(line, text_count(upgrade->rest.value, text), " changed since");
        else
                append_estimate(line, show, upgrade, part, detail);
}

/* The longest bar that leaves room for the figures; a few lengths only, so that it stands still. */
static void draw_transfer(struct show *show, const struct upgrade *upgrade)
{
        static const size_t bars[] = {24, 16, 10, 6};
        const size_t bar_count = sizeof(bars) / sizeof(bars[0]);
        size_t columns = terminal_columns(&show->terminal) - 1;
        struct line line;

        for (int detail = DETAIL_ALL; detail <= DETAIL_LEAST; detail++) {
                for (size_t i = 0; i < bar_count; i++) {
                        compose_transfer(&line, show, upgrade, (enum detail)detail, bars[i]);
                        if (text_columns(line.text) <= columns) {
                                terminal_draw(&show->terminal, line.text);
                                return;
                        }
                }
        }
        terminal_draw(&show->terminal, line.text); /* cut */
}

static void draw_waiting(struct show *show, const struct upgrade *upgrade, uint64_t since_ns)
{
        char program[sizeof(upgrade->program)];
        char text[TEXT_FIGURE_MAX];
        struct line line;

        begin_line(&line, EKIDEN_PHASE_REQUEST);
        text_clean(upgrade->program, TEXT_ASCII, program, sizeof(program));
        line_append(&line, "  waiting for ");
        line_append(&line, program);
        line_append(&line, " to reach an update point");
        line_append_figure(&line, text_duration((ek_now_ns() - since_ns) / EK_NS_PER_US, text), "");
        terminal_draw(&show->terminal, line.text);
}

static void draw(struct show *show, const struct upgrade *upgrade)
{
        uint64_t now = ek_now_ns();
        struct line line;

        show->drawn_ns = now;
        if (show->phase == EKIDEN_PHASE_TRANSFER ||
            (show->phase == EKIDEN_PHASE_WARM && upgrade->round.known)) {
                draw_transfer(show, upgrade);
                return;
        }
        begin_line(&line, show->phase);
        if (now - show->phase_ns >= QUIET_NS)
                show_phase_append_duration(&line, (now - show->phase_ns) / EK_NS_PER_US);
        terminal_draw(&show->terminal, line.text);
}

static void finish_phase(struct show *show, const struct upgrade *upgrade)
{
        struct line line = {0};

        if (show->phase == EKIDEN_PHASE_NONE)
                return;
        line_append(&line, "  ");
        show_phase_append(&line, show, upgrade);
        terminal_finish(&show->terminal, line.text);
}

static void begin_phase(struct show *show, const struct upgrade *upgrade)
{
        if (show->phase == upgrade->phase)
                return;
        finish_phase(show, upgrade);
        show_phase_begin(show, upgrade);
        draw(show, upgrade);
}

static void draw_progress(struct show *show, const struct upgrade *upgrade)
{
        uint64_t now = ek_now_ns();

        if (strcmp(show->item, upgrade->item) != 0) {
                strcpy(show->item, upgrade->item);
                show->item_ns = now;
        }
        if (now - show->drawn_ns >= DRAW_NS)
                draw(show, upgrade);
}

static void tick(struct show *show, const struct upgrade *upgrade)
{
        uint64_t now = ek_now_ns();

        if (now - show->drawn_ns < TICK_MS * EK_NS_PER_MS)
                return;
        if (upgrade->seen && show->phase != EKIDEN_PHASE_NONE) {
                draw(show, upgrade);
        } else if (now - upgrade->started_ns >= QUIET_NS) {
                show->drawn_ns = now;
                draw_waiting(show, upgrade, upgrade->started_ns);
        }
}

static void print_notice(struct show *show, const struct upgrade *upgrade, const char *sentence)
{
        terminal_clear(&show->terminal);
        fprintf(stderr, "ekiden-upgrade: %s\n", sentence);
        if (show->phase != EKIDEN_PHASE_NONE)
                draw(show, upgrade);
}

static void finish_with_summary(struct show *show, const struct upgrade *upgrade)
{
        finish_phase(show, upgrade);
        show_summary(show, upgrade);
}

static void finish_with_report(struct show *show, const struct upgrade *upgrade)
{
        finish_phase(show, upgrade);
        show_rehearsal_report(show, upgrade);
}

static void draw_rehearsals(struct show *show, const struct upgrade *upgrade,
                            const struct rehearsals *rehearsals)
{
        uint64_t now = ek_now_ns();
        char text[TEXT_FIGURE_MAX], count[TEXT_FIGURE_MAX];
        struct line line = {0};

        if (now - show->drawn_ns < DRAW_NS && rehearsals->done < rehearsals->times)
                return;
        show->drawn_ns = now;
        line_append(&line, "rehearsal ");
        line_append(&line, text_count(rehearsals->done, text));
        line_append(&line, " of ");
        line_append(&line, text_count(rehearsals->times, count));
        line_append_figure(&line, "pause ", text_milliseconds(upgrade->pause_us.value, text));
        line_append_figure(&line, "largest ",
                           text_milliseconds(samples_largest(&rehearsals->pause), text));
        terminal_draw(&show->terminal, line.text);
}

static void finish_with_spread(struct show *show, const struct rehearsals *rehearsals)
{
        terminal_clear(&show->terminal);
        show_rehearsals_report(show, rehearsals);
}

static void finish_with_failure(struct show *show, const struct upgrade *upgrade,
                                const char *target, const struct ekiden_error *error)
{
        terminal_clear(&show->terminal);
        show_failure_on_stderr(show, upgrade, target, error);
}

const struct show_functions show_on_terminal = {
        .seen = begin_phase,
        .phase = begin_phase,
        .ahead = draw_progress,
        .progress = draw_progress,
        .tick = tick,
        .notice = print_notice,
        .committed = finish_with_summary,
        .idle = show_no_upgrade,
        .cancelled = show_called_off,
        .rehearsed = finish_with_report,
        .rehearsed_again = draw_rehearsals,
        .rehearsals = finish_with_spread,
        .failed = finish_with_failure,
        .tick_ms = TICK_MS,
};
