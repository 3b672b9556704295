/* SPDX-License-Identifier: MIT */
/*
 * Threads of the subject, as many as $SUBJECT_THREADS says: they wait in ways that need a signal, a
 * function and a descriptor. Those of version 2 are those of version 1.
 */
#pragma once

#include <stdbool.h>

/** Starts them, behind ekiden_start(), and waits until they are registered. false: the system, or
    memory, does not allow it. */
bool crowd_start(void);

/** Whether all of them go on: each passes an update point, soon. Without threads it is true. */
bool crowd_goes_on(void);
