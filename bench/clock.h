/* SPDX-License-Identifier: MIT */
/* The time that only goes forward. */
#pragma once

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_ns(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/** Microseconds since `began`, a result of clock_ns(). */
static inline double microseconds_since(uint64_t began)
{
        return (double)(clock_ns() - began) / 1e3;
}
