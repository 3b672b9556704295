/* SPDX-License-Identifier: MIT */
/*
 * Signals that are meant for the service, whichever version that is, and come while a process whose
 * PID is kept is between two of them: "end", "read the configuration". Where the new version has no
 * handler for one yet, it would be ended by it, as any process is that has just been started; and
 * the keeper would serve on, of all things. So such signals are held until it serves.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/**
 * Holds them from now on, where they would have their default effect. Until here they are blocked.
 *
 * @param update_signal  which is not held; 0: none
 * @param call_back      which the keeper may have sent, and may send yet, to a new version that is
 *                       no more: what it sends is dropped; 0: none
 * @param keeper         its PID
 */
void ek_held_begin(int update_signal, int call_back, pid_t keeper);

/** Whether a signal's handler is there for that, in place of the default. */
bool ek_is_held(int number);

/** Makes those that came pending, for the binary that this process is about to execute: all signals
    are blocked. Async-signal-safe. */
void ek_held_pass_on(void);

/** It serves: those that came come again. In others than the process that began: nothing. */
void ek_held_end(void);
