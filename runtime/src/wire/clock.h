/* SPDX-License-Identifier: MIT */
/* Time, as the whole runtime measures it: monotonic, in nanoseconds. */
#pragma once

#include <stdint.h>
#include <time.h>

#define EK_NS_PER_MS UINT64_C(1000000)
#define EK_NS_PER_US UINT64_C(1000)

static inline uint64_t ek_now_ns(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}
