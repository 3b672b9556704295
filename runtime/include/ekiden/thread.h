/* SPDX-License-Identifier: MIT */
/*
 * Threads. The thread that called ekiden_start() is the main thread: in its update points all of
 * Ekiden's work is done, and all callbacks run. Each other thread that touches tagged state
 * registers under a name and has update points of its own:
 *
 *     static void *work(void *data)
 *     {
 *             struct worker *worker = data;
 *
 *             if (ekiden_thread_begin(worker->name, wake, &worker->pool, NULL) < 0)
 *                     return NULL;
 *             for (;;) {
 *                     ekiden_update_point("worker_loop");
 *                     work_on(worker, take_job(worker));   // waits while !ekiden_is_wanted()
 *             }
 *     }
 *
 * For the pause all of them are stopped at their update points, the main thread last. Where the
 * upgrade is called off all go on; where it succeeds the process leaves while they stand.
 *
 * docs/threads.md tells the whole, and which locks may be held where.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <ekiden/error.h>
#include <ekiden/update_point.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/** Registered threads beside the main one, at most. */
#define EKIDEN_THREADS_MAX 1024

/** What ekiden_attention has while threads are stopped. Read it through ekiden_is_wanted(). */
#define EKIDEN_ATTENTION_STOP 4

/**
 * Registers the calling thread. It touches no tagged state before its first update point: in a
 * successor, and in a process that starts from a snapshot, that returns when the process serves.
 *
 * Should the thread be stopped while it sleeps in a system call, the update signal is sent to it
 * until it has come to an update point: the call returns EINTR. A wait that no signal ends
 * (pthread_cond_wait(), sem_wait() in a loop) needs `wake`; an event loop may have
 * ekiden_poll_descriptor() instead, called in this thread; and what cannot be woken is declared by
 * ekiden_thread_idle_begin(). A thread that begins with the update signal blocked is not sent it;
 * where it has neither `wake` nor a poll descriptor, it may come by itself all the same, and the
 * operator is warned of it before each upgrade.
 *
 * @param name   1 to 63 bytes of UTF-8 without control characters, not "main", and that no other
 *               living thread has; copied
 * @param wake   called in the main thread, again and again with growing pauses, until the thread
 *               has come to an update point: it makes the thread look at ekiden_is_wanted(), say
 *               by pthread_cond_broadcast(). Since it is called again, it need not hold the
 *               mutex of the condition; it must not wait for a lock that is held for long, and
 *               not call ekiden_thread_…(). NULL: the update signal
 * @param data   passed to it; it must live until ekiden_thread_end()
 * @param error  filled on failure; NULL allowed
 * @return 0; EINVAL (no such name), EEXISTS (another thread has it, or this one is registered),
 *         ELIMIT (too many), ENOMEM, ESTATE (before ekiden_start())
 */
int ekiden_thread_begin(const char *name, void (*wake)(void *data), void *data,
                        struct ekiden_error *error);

/**
 * The calling thread is registered no longer, and counts no more in a stop that is under way. A
 * thread that exits without it ends by itself. It does nothing in others, nor in the main thread.
 * No lock that `wake` takes may be held.
 */
void ekiden_thread_end(void);

/**
 * Whether registered threads are to come to their update points: for the conditions of loops that
 * wait. A relaxed load.
 *
 *     while (!pool->jobs && !ekiden_is_wanted())
 *             pthread_cond_wait(&pool->changed, &pool->mutex);
 */
static inline bool ekiden_is_wanted(void)
{
        return (__atomic_load_n(&ekiden_attention, __ATOMIC_RELAXED) & EKIDEN_ATTENTION_STOP) != 0;
}

/**
 * From here to ekiden_thread_idle_end() the calling thread touches no tagged state, and takes
 * nothing out of a tagged descriptor; it counts as stopped. For calls that nothing wakes. In a
 * thread that is not registered, in the main thread and in an idle one it does nothing.
 *
 * @param name  of this place, as of an update point: ekiden_resumed_at() knows it. Copied
 */
void ekiden_thread_idle_begin(const char *name);

/** The end of that. While the process is stopped it waits. errno is left as it was. */
void ekiden_thread_idle_end(void);

/**
 * Sets how long threads may take to come to their update points, while those that are there do not
 * serve. After it all go on, and the upgrade is called off; the operator is told which thread did
 * not come, and where it is. In a successor: how long its own may take to their first ones, when
 * the main thread is at its. At any time, by the main thread.
 *
 * @param timeout_ms  1 to 86,400,000; 1,000 if never called
 * @return 0; EINVAL
 */
int ekiden_set_stop_deadline(unsigned int timeout_ms);

/** A thread of the predecessor's, and where it stood. */
struct ekiden_thread_stand {
        const char *name;
        const char *update_point; /* or of ekiden_thread_idle_begin(); "": it came to none */
        bool is_idle;
};

/**
 * The registered threads of the predecessor but for its main one, for a successor that starts the
 * same. It waits for the predecessor to stop, as ekiden_resumed_at() does, and belongs to the main
 * thread. ekiden_resumed_at() in a registered thread answers for the one of the same name, if it is
 * called behind this, or behind a tag call that has fetched an item. One that begins when the main
 * thread's first update point has returned is a new thread, whatever its name.
 *
 * @param ret_threads  the library's, valid until the main thread's first update point
 * @return how many; 0 in a process that is no successor, after the first update point, and where
 *         the upgrade was called off
 */
size_t ekiden_predecessor_threads(const struct ekiden_thread_stand **ret_threads);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
