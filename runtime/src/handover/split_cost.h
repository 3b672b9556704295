/* SPDX-License-Identifier: MIT */
/*
 * What it costs a process to keep its PID: the keeper is forked, for which the kernel copies page
 * tables; then the process itself executes the new binary, for which it gives all its memory back.
 */
#pragma once

#include <stdint.h>

struct ek_memory {
        uint64_t resident; /* bytes, of which … */
        uint64_t shared; /* … these are files' and arenas', whose page tables a fork leaves alone */
};

/** Of this process. What is not known is 0. */
struct ek_memory ek_memory_now(void);

/** How long both may take, in nanoseconds: as was measured with pages of 4 KiB. Huge pages make it
    a twelfth. */
uint64_t ek_split_ns(const struct ek_memory *memory);
