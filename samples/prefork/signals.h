/* SPDX-License-Identifier: MIT */
/*
 * Signals come while a process waits, and at no other time: they are blocked but for that. So none
 * is lost between a look and a wait; and none is lost in an upgrade that keeps the PID, either,
 * since what is blocked stays pending until the new version waits in its turn.
 */
#pragma once

#include <poll.h>
#include <stdbool.h>

/**
 * Blocks the program's signals, and has them handled while it waits. Comes before ekiden_start(): a
 * new version has them blocked from its first instruction then, and one that was sent in the pause
 * finds its handler.
 */
void signals_begin(void);

/**
 * Waits for one of the sources, a signal, or the end of the time.
 *
 * @param timeout_ms  -1: no end
 * @return false: it was no source
 */
bool signals_wait(struct pollfd *sources, nfds_t count, int timeout_ms);

/** Whether somebody wants the process to end: SIGTERM or SIGINT has come. */
bool signals_say_end(void);
