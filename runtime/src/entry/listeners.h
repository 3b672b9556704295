/* SPDX-License-Identifier: MIT */
/*
 * Who hears of an upgrade beside the operator who asked for it: those who wait for its end, who
 * called it off, and who want one of their own afterwards.
 *
 * In the pause nothing is sent to them, unless it takes longer than usual: what they are told is
 * queued, and goes with the last event.
 */
#pragma once

#include <stdint.h>

#include <ekiden/error.h>

#include "entry/operators.h"

/** He waits for the end of the upgrade under way; where there is none, he is told so, and released.
 */
void ek_listeners_wait(struct ek_operator *operator_, const char *update_point);

/** Calls off what is under way, and lets him hear its end. As ek_listeners_wait(). */
void ek_listeners_cancel(struct ek_operator *operator_, const char *update_point);

/** He is told that his upgrade comes after the one under way. The request is consumed. */
void ek_listeners_queue(struct ek_operator *operator_, Ekiden__Request *request);

/** Refuses those whose time limit has passed before their turn came. */
void ek_listeners_expire(void);

/** When the next of them must be refused; UINT64_MAX: none has a limit. */
uint64_t ek_listeners_deadline(void);

void ek_listeners_phase(enum ekiden_phase phase);
/** Sends what was kept back during the pause. */
void ek_listeners_flush(void);

/** The upgrade has ended: tells those who wait for that, and releases them. */
void ek_listeners_failed(const struct ekiden_error *error);
void ek_listeners_rehearsed(void);
/** As ek_listeners_failed(), and those who wait for their turn and those who watch. */
void ek_listeners_committed(void);
/** The process has begun anew, and knows of nobody who is connected here: refuses who waits for his
    turn, or watches. */
void ek_listeners_returned(void);
