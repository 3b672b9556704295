/* SPDX-License-Identifier: MIT */
/*
 * The library's own descriptors. A program that closes one of its own and forgets that may find the
 * number here, given out again: then it must not be handed over as what it was.
 */
#pragma once

#include <stdbool.h>

/** Notes a descriptor that was made, until ek_own_forget() or ek_own_close(). -1 is ignored; where
    memory runs out, it is not noted. Returns the descriptor. */
int ek_own(int fd);

/** A descriptor is about to be closed by somebody else. -1 is ignored. */
void ek_own_forget(int fd);

/** Forgets a descriptor, closes it unless it is -1, and leaves -1. If the program has closed what
    was there, and has the number for another file by now, that stays open. */
void ek_own_close(int *fd);

/** Whether the number is the library's. If the program has closed what was there and has the number
    by now, it is not; unless it is for a file that cannot be told from it: /dev/null, or an epoll,
    eventfd or timerfd where ours was one of these. */
bool ek_is_own(int fd);

/** Around a fork, in the parent and in the child: so that no thread which is not in the child holds
    the lock there. */
void ek_own_before_fork(void);
void ek_own_after_fork(void);
