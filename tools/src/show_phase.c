/* SPDX-License-Identifier: MIT */
/* See show_phase.h. In the pause events come late, all at once: only the process's clock tells how
   long a phase was. Of one that did not end, it may not have told anything. */
#include "show_phase.h"

#include <stdio.h>

#include "text.h"
#include "wire/clock.h"

void show_phase_begin(struct show *show, const struct upgrade *upgrade)
{
        show->phase = upgrade->phase;
        show->phase_us = upgrade->elapsed_us.value;
        show->phase_ns = ek_now_ns();
}

void show_phase_append_name(struct line *line, enum ekiden_phase phase)
{
        char text[32];

        snprintf(text, sizeof(text), "%-9s", ekiden_phase_name(phase));
        line_append(line, text);
}

void show_phase_append_duration(struct line *line, uint64_t duration_us)
{
        char duration[TEXT_FIGURE_MAX], text[TEXT_FIGURE_MAX + 1];

        snprintf(text, sizeof(text), "%11s", text_duration(duration_us, duration));
        line_append(line, text);
}

static uint64_t length_us(const struct show *show, const struct upgrade *upgrade)
{
        if (show->phase == EKIDEN_PHASE_REQUEST) /* begins before the process's clock does */
                return (show->phase_ns - upgrade->started_ns) / EK_NS_PER_US;
        return upgrade->elapsed_us.value > show->phase_us
                       ? upgrade->elapsed_us.value - show->phase_us
                       : 0;
}

void show_phase_append(struct line *line, const struct show *show, const struct upgrade *upgrade)
{
        char point[sizeof(upgrade->update_point)];

        show_phase_append_name(line, show->phase);
        show_phase_append_duration(line, length_us(show, upgrade));
        if (show->phase == EKIDEN_PHASE_REQUEST && upgrade->update_point[0])
                line_append_figure(
                        line, "seen at ",
                        text_clean(upgrade->update_point, TEXT_ASCII, point, sizeof(point)));
        if (show->phase == EKIDEN_PHASE_TRANSFER) {
                line_append_count(line, &upgrade->records, " record");
                line_append_count(line, &upgrade->objects, " object");
                line_append_bytes(line, &upgrade->bytes);
                line_append_count(line, &upgrade->descriptors, " descriptor");
        }
}

void show_phase_append_unfinished(struct line *line, const struct show *show,
                                  const struct upgrade *upgrade)
{
        uint64_t told_us = length_us(show, upgrade);
        uint64_t seen_us = (ek_now_ns() - show->phase_ns) / EK_NS_PER_US;

        show_phase_append_name(line, show->phase);
        show_phase_append_duration(line, told_us > seen_us ? told_us : seen_us);
        line_append(line, "  not finished");
}
