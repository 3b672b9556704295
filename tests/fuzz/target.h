/* SPDX-License-Identifier: MIT */
/*
 * What every fuzz target is made of: libFuzzer (or replay.c) calls one function with an input, and
 * may call it a million times in one process. What a target expects of the code beside not to
 * crash, it says with expect().
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/** Treats one input as what a peer or a user has sent; always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Ends the process with a sentence, so that the input is kept. */
_Noreturn void target_fail(const char *file, int line, const char *what);

/** An input was what a sound peer says, to the end. Every corpus has one, or it would test nothing
   but the first check; replay.c sees to that. */
void target_succeeded(void);

/** How often that was so. */
size_t target_successes(void);

#define expect(condition)                                            \
        do {                                                         \
                if (!(condition))                                    \
                        target_fail(__FILE__, __LINE__, #condition); \
        } while (0)
