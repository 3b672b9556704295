/* SPDX-License-Identifier: MIT */
/*
 * The interval timers of a process that is about to execute another binary under its PID: execve()
 * keeps them (setitimer(2)), and alarm(2) is one of them. Their signals would end a binary that has
 * not installed its handlers yet.
 */
#pragma once

/** Stops them, and takes back the signals of those that have run out while signals were blocked.
    Async-signal-safe. */
void ek_timers_stop(void);
