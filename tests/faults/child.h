/* SPDX-License-Identifier: MIT */
/* The subject's child, a process in a role of its own, where $SUBJECT_CHILD says so. */
#pragma once

#include <stdbool.h>

/** In a first leg, before any item is tagged: forks it. It listens at $SUBJECT_CHILD, in place of
    $SUBJECT_LISTENER. false: it could not be forked. */
bool child_begin(void);

/** In it: ekiden_after_fork() has failed. It serves, and is not upgraded. */
bool child_is_refused(void);

/** For how long its parent may sleep: -1 without a child. */
int child_patience_ms(void);

/** Reaps it where it has ended. */
void child_reap(void);
