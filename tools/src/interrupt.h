/* SPDX-License-Identifier: MIT */
/*
 * The operator's Ctrl-C (and SIGTERM, and a terminal that hangs up) as something to poll for beside
 * the socket. The signals are blocked for good, so none is lost between two waits.
 */
#pragma once

#include <ekiden/error.h>

/**
 * Blocks SIGINT, SIGTERM and SIGHUP, but for those that were ignored when the tool was started
 * (nohup, a background job): they stay ignored.
 *
 * @return a descriptor that becomes readable when one comes; ESYSTEM
 */
int interrupt_open(struct ekiden_error *error);

/** The signal that came, or 0. Does not wait. */
int interrupt_take(int interrupt);
