/* SPDX-License-Identifier: MIT */
/*
 * Ownership made visible: a variable is released at the end of its block unless it is stolen, and
 * the steal stands on the line where ownership passes on.
 */
#pragma once

#include <stdlib.h>
#include <unistd.h>

static inline void ek_cleanup_free(void *pointer)
{
        free(*(void **)pointer);
}

static inline void ek_cleanup_close(int *fd)
{
        if (*fd >= 0)
                close(*fd);
}

#define ek_auto_free __attribute__((cleanup(ek_cleanup_free)))
#define ek_auto_close __attribute__((cleanup(ek_cleanup_close)))

/** Gives a descriptor to somebody else: returns it and leaves -1. */
static inline int ek_steal_fd(int *fd)
{
        int stolen = *fd;

        *fd = -1;
        return stolen;
}

/** Closes a descriptor unless it is -1, and leaves -1. */
static inline void ek_close(int *fd)
{
        if (*fd >= 0)
                close(*fd);
        *fd = -1;
}
