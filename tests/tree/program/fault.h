/* SPDX-License-Identifier: MIT */
/* How a new version may be not as good as it should be. */
#pragma once

/**
 * Fails: exits (exit), is killed (kill), aborts (abort), has a wild pointer (segv), calls itself
 * until the stack is full (overflow), loops for ever (loop), goes into the background (daemon), but
 * not as a probe (sneak), closes what it has inherited from descriptor 3 or 5 on (close-3,
 * close-5), or the former and is slow (close-slowly). Does nothing where the word is none of these.
 */
void fail(const char *how);
