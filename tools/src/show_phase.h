/* SPDX-License-Identifier: MIT */
/* One phase of an upgrade, for people: which one is shown, since when, and what it took. */
#pragma once

#include "line.h"
#include "show.h"

/** What is shown from now on is the phase that the upgrade is in. */
void show_phase_begin(struct show *show, const struct upgrade *upgrade);

/** "transfer", in a column of its own. */
void show_phase_append_name(struct line *line, enum ekiden_phase phase);

/** A duration, in a column of its own behind that. */
void show_phase_append_duration(struct line *line, uint64_t duration_us);

/** The whole line of the phase that is shown, and over: name, duration, and what was seen or
 *  crossed. */
void show_phase_append(struct line *line, const struct show *show, const struct upgrade *upgrade);

/** That of one that has not come to its end. */
void show_phase_append_unfinished(struct line *line, const struct show *show,
                                  const struct upgrade *upgrade);
