/* SPDX-License-Identifier: MIT */
/* Why a process may not answer: what /proc says of it. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/** Whether it is there, and no zombie. */
bool process_is_alive(pid_t pid);

/** Whether it is not, or no longer when this time has passed. Waits only while it is. */
bool process_ends_within(pid_t pid, int milliseconds);

/** The PID of its parent; 0: it is not there. */
pid_t process_parent(pid_t pid);

/** What it is doing instead of answering; fits behind "it is". Static. */
const char *process_condition(pid_t pid);

/** What the operator can do about that. Static. */
const char *process_next_step(pid_t pid);
