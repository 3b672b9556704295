/* SPDX-License-Identifier: MIT */
/* What the operator and the log are told of threads: which do not come and where they are, which
   are not registered, which bring locks to their update points. */
#pragma once

#include "entry/threads.h"

/** ETIMEOUT, which names the threads that have not come: their last update points, and where the
    kernel has them. With the lock. */
int ek_thread_report_missing(uint64_t waited_ms, struct ekiden_error *error);

/** EREFUSED, if one of those that stand, or the main thread, holds a lock; 0. With the lock. */
int ek_thread_report_locks(struct ekiden_error *error);

/** Notes whether the calling thread holds a lock, and says so once for each. */
void ek_thread_check_locks(struct ek_thread *thread, const char *update_point);

/** A thread that is not registered has come to an update point: that is said once. */
void ek_thread_is_strange(const char *update_point);

/** Writes what other threads have to say into the log; the main thread. */
void ek_threads_log(void);

/** Around a fork, in the parent and in the child, as ek_own_before_fork(). */
void ek_thread_say_before_fork(void);
void ek_thread_say_after_fork(void);
