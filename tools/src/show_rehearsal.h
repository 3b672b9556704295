/* SPDX-License-Identifier: MIT */
/* What a rehearsal has found out, for people. */
#pragma once

#include "rehearse.h"
#include "show.h"

/** A rehearsal that went well: its items, and what the upgrade would take and leave. */
void show_rehearsal_report(const struct show *show, const struct upgrade *upgrade);

/** How the times of several spread. */
void show_rehearsals_report(const struct show *show, const struct rehearsals *rehearsals);
