/* SPDX-License-Identifier: MIT */
/* How threads are stopped and go on: at update points of their own, while the main one waits. */
#pragma once

#include "entry/threads.h"
#include "handover/stands.h"
#include "wire/link.h"

#define EK_STOP_DEADLINE_MS 1000

/**
 * What an update point does in a thread other than the main one: stand, if a stop is asked for.
 *
 * @return false: this is the main thread, and all of Ekiden's work is to be done here
 */
bool ek_thread_attend(const char *update_point);

/** While a stop is asked for, the calling thread stands; with the lock. */
void ek_thread_stand(struct ek_thread *thread);

/**
 * Stops all registered threads; by the main one.
 *
 * @param wait        what may end it early: its operator_, linger and until_ns; its idle_ms does
 *                    not count. NULL: nothing
 * @param ret_stands  where each stands, to be freed with ek_stands_free(); NULL: nobody asks
 * @return 0; or an error, and then all go on: ETIMEOUT, which names who did not come, EREFUSED (one
 *         brought a lock with it), ECANCELLED, ENOMEM
 */
int ek_threads_stop(const struct ek_wait *wait, struct ek_stands *ret_stands,
                    struct ekiden_error *error);

/** All go on, if they were stopped. */
void ek_threads_resume(void);

/** This process does not serve yet: threads that begin stand at their first update point. */
void ek_threads_hold(void);

/** Waits until all that have begun stand: 0, ETIMEOUT, EREFUSED. They go on standing. */
int ek_threads_await(struct ekiden_error *error);

/** This process serves: of where the predecessor's threads stood, only its own that have begun by
   now know. Later ones of the same names are new. */
void ek_threads_settle_stands(void);

/** ekiden_resumed_at() in a thread other than the main one. */
bool ek_thread_resumed_at(const char *name);

/** While an upgrade is under way, where threads are is noted as they pass update points. */
void ek_threads_note(bool is_under_way);
