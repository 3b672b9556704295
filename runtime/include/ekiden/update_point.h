/* SPDX-License-Identifier: MIT */
/*
 * Update points: where a long-running loop can become its own next version. Between two of them
 * Ekiden does nothing; all its work is done inside these calls.
 */
#pragma once

#include <stdbool.h>

#include <ekiden/start.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/** Not 0: the next update point has something to attend to. Read it through ekiden_update_point().
 */
extern int ekiden_attention;

/** What ekiden_update_point() does when there is something to do; call that instead. */
void ekiden_attend(const char *update_point);

/**
 * A named place in a long-running loop where an upgrade may happen. (The paper's update_point.)
 *
 * Costs one relaxed load and a predicted branch while nobody wants an upgrade. When somebody does:
 * in the predecessor the call returns when the upgrade was called off, or to let the program serve
 * on while its successor warms up, and does not return when the successor serves; it then leaves
 * by _exit(0). In a successor the first call returns when the predecessor has handed everything
 * over; if it was called off, the process leaves by _exit(75) and has never served.
 *
 * In a registered thread other than the main one it returns at once, or when the process serves, if
 * it is stopped (<ekiden/thread.h>).
 *
 * Tagged state must be consistent here and no lock be held. errno is left as it was.
 *
 * @param name  1 to 63 bytes of UTF-8
 */
static inline void ekiden_update_point(const char *name)
{
        if (__builtin_expect(__atomic_load_n(&ekiden_attention, __ATOMIC_RELAXED) != 0, 0))
                ekiden_attend(name);
}

/**
 * Whether the predecessor stopped at this update point, so that a successor can go straight to the
 * loop that was interrupted. (The paper's upd_from.) False in a fresh process, and again once the
 * first update point was passed. In a successor it may wait for the predecessor to stop;
 * but not in a callback of an item that is sent ahead, or a container's reserve(), where it is
 * false until then. In another thread than the main one it tells of the predecessor's thread of the
 * same name, and never waits.
 *
 * @param name  of an update point, in the predecessor's program text
 */
bool ekiden_resumed_at(const char *name);

/**
 * A descriptor for the program's own event loop, instead of (or beside) the update signal: it
 * becomes readable when an update point has something to attend to. The program then calls
 * ekiden_wake() and goes through an update point. It stays readable until then, so that no request
 * is lost. The library owns it; never read or close it.
 *
 * In a registered thread other than the main one it is a descriptor of that thread's own, readable
 * while threads are to stop; ekiden_wake() is not needed there. It is closed when the thread ends.
 *
 * @return the descriptor; ESTATE before ekiden_start() and in a thread that is not registered,
 *         ESYSTEM
 */
int ekiden_poll_descriptor(void);

/** Makes the next update point attend. Async-signal-safe, any thread. */
void ekiden_wake(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
