/* SPDX-License-Identifier: MIT */
/*
 * The descriptors that a handover gave away. Both processes have them until the predecessor is
 * gone, and that can take its time: while it does, a close() in the successor ends no connection,
 * and takes none out of epoll(7). So the predecessor lets go of them first of all.
 */
#pragma once

#include <stddef.h>

struct ek_given {
        int *descriptors; /* -1: taken back */
        size_t count, capacity;
};

/** Opens /dev/null ahead of the time when ek_given_close() needs it, and cannot open it any more:
    0 or ESYSTEM. */
int ek_given_prepare(void);

/** Notes descriptors that are about to be sent: 0 or ENOMEM. */
int ek_given_add(struct ek_given *given, const int *descriptors, size_t count);

/** Those with the indices [begin, end) were not given after all. Indices of others stay. */
void ek_given_take_back(struct ek_given *given, size_t begin, size_t end);

/**
 * Closes them, but for regular files: nobody waits for their end, and logs go to them. Each number
 * leads to /dev/null from then on, so that no file that is opened later gets what was meant for
 * another.
 */
void ek_given_close(const struct ek_given *given);

/** Forgets them. */
void ek_given_forget(struct ek_given *given);
