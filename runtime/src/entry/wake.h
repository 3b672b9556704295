/* SPDX-License-Identifier: MIT */
/*
 * Getting the program to its next update point: by a signal that interrupts its blocking call, or
 * by a descriptor in its event loop. Watched sockets wake it when they become readable, and a
 * deadline wakes it when it passes.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <ekiden/error.h>

/** Installs the handler of the update signal (0: none): 0, EEXISTS, ESYSTEM, EINVAL
    (also: it is blocked). */
int ek_wake_setup(int signal_number, struct ekiden_error *error);

/** In a forked child, whose signal handler is inherited: forgets what is the parent's, … */
void ek_wake_after_fork(void);

/** … and makes what it needs itself: 0 or ESYSTEM. */
int ek_wake_begin(struct ekiden_error *error);

/** Watched sockets send no signals any more, since this PID is about to be a process that would die
    of them; and they do again, to this PID. */
void ek_wake_quiet(void);
void ek_wake_loud(void);

/** In the keeper of a process whose PID is kept: as ek_wake_begin(). */
int ek_wake_after_split(struct ekiden_error *error);

/** Takes the handler back, after a start that failed. */
void ek_wake_teardown(void);

/** For good: the update signal is ignored, there is no timer, and a poll descriptor is quiet. */
void ek_wake_end(void);

/** Wakes the program when the socket (borrowed) becomes readable: 0 or ESYSTEM, ENOMEM. */
int ek_wake_watch(int socket);

/** No longer; call it before the socket is closed. -1 and sockets not watched are ignored. */
void ek_wake_unwatch(int socket);

/** Wakes the program at a time (ek_now_ns()); UINT64_MAX: not at all. */
void ek_wake_at(uint64_t time_ns);

/** Sends the update signal to a thread of this process, so that its blocking call ends. */
void ek_wake_thread(pthread_t thread);

/** Whether somebody has sent the update signal by hand since the last call. */
bool ek_wake_was_asked(void);
