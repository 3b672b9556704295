/* SPDX-License-Identifier: MIT */
/* Telling the program's observer (<ekiden/observer.h>) what becomes of upgrades. */
#pragma once

#include <ekiden/observer.h>

/** Whether the program set one. */
bool ek_observed(void);

/** An update point was passed: the first one is told of. */
void ek_observe_serving(void);

/** In a forked child: that it serves, nobody has been told. */
void ek_observe_after_fork(void);

/** A phase of the upgrade under way begins; nothing is told of those in the pause. */
void ek_observe_phase(enum ekiden_phase phase);

/** The upgrade that has just ended was called off. */
void ek_observe_called_off(const struct ekiden_error *error);

/** It is committed, or was rehearsed. */
void ek_observe_done(void);
