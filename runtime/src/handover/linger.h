/* SPDX-License-Identifier: MIT */
/*
 * Successors that are on their way out while the program serves: killed ones that the kernel takes
 * long to end, and those that a rehearsal has let go. They are looked at in update points, until
 * nothing is left of them.
 */
#pragma once

#include <stdbool.h>

#include "handover/spawn.h"

/**
 * Leaves a child to leave by itself. Where there are too many already, it is ended at once.
 *
 * @param child     given away: afterwards it is none
 * @param grace_ms  from now until it is killed
 */
void ek_child_let_go(struct ek_child *child, int grace_ms);

/** Takes in a child that was killed and is not gone yet. false: there are too many already. */
bool ek_child_outlasts(struct ek_child *child);

/** Reaps those that are gone by now, kills those whose time is over; whether any is left. */
bool ek_children_linger(void);

/** Kills all that are left, and waits for none: this process leaves. */
void ek_children_abandon(void);

/** Kills all that are left, and reaps them; for so long it is waited for them. */
void ek_children_end(int wait_ms);

/** In a forked child: they are the parent's, and are left alone. */
void ek_children_forget(void);
