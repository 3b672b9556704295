/* SPDX-License-Identifier: MIT */
/* A fixture for every suite that moves descriptors: what a test opened, it must have closed. */
#pragma once

#include <criterion/criterion.h>

/**
 * A Criterion test that fails when another number of descriptors is open after it than before. (Not
 * a teardown of the suite: an assertion that fails there is printed, and the test passes.)
 */
#define LeakTest(suite, name)                          \
        static void suite##_##name##_body(void);       \
        Test(suite, name, .timeout = 120)              \
        {                                              \
                int before = count_open_descriptors(); \
                                                       \
                suite##_##name##_body();               \
                expect_open_descriptors(before);       \
        }                                              \
        static void suite##_##name##_body(void)

/** How many descriptors are open, libuv's own for the whole process among them. */
int count_open_descriptors(void);

/** Fails the test if another number is open now. */
void expect_open_descriptors(int count);

/** Lowers RLIMIT_NOFILE so that exactly `room` more descriptors can be opened. */
void leave_room_for_descriptors(int room);

/** Raises RLIMIT_NOFILE to at least `needed`, or skips the test where that is not allowed. */
void require_room_for_descriptors(int needed);
