/* SPDX-License-Identifier: MIT */
/*
 * Control sockets that nobody has removed: of processes that were killed, or that end by _exit(),
 * as the forked ones of many servers do. The tool removes those that it comes across; a server that
 * forks a process for each session, and is asked by nobody for months, sweeps by itself.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/** Whether it is this process's turn: one's in 64, however many PIDs lie between them. */
bool ek_sweep_is_due(pid_t pid);

/**
 * Removes the sockets of processes that are gone, shown and hidden, from the control directory: a
 * few hundred at most, the next one goes on. None where nothing is looked at any more (look.h).
 * Where a process of that PID is there, or somebody listens, the socket stays.
 */
void ek_sweep(const char *directory);

/** Removes a name, if it is that of a socket which belongs to this process's user. */
void ek_sweep_away(int directory, const char *name);
