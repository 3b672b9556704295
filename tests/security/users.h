/* SPDX-License-Identifier: MIT */
/* Parts that other users play: what they do is done in a process of their own. */
#pragma once

#include <sys/types.h>

#define NOBODY ((uid_t)65534)
#define SOMEBODY ((uid_t)64321) /* a user of whom the system knows nothing */

/** Skips the test, with a sentence, where only root could play it. */
void need_root(void);

/**
 * Does something as another user.
 *
 * @param act  returns an exit status, 0 to 127
 * @return it, or -1 where the process ended otherwise
 */
int as_user(uid_t user, int (*act)(void *data), void *data);
