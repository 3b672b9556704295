/* SPDX-License-Identifier: MIT */
/* What the fork costs by which a process keeps its PID: the kernel copies its page tables. */
#pragma once

#include <stdint.h>

/** Bytes of this process's memory that are resident, whose page tables a fork copies; 0: not
    known. */
uint64_t ek_fork_bytes(void);

/** How long the fork of such a process takes, in nanoseconds: as was measured with pages of 4 KiB.
    Huge pages make it a twelfth. */
uint64_t ek_fork_ns(uint64_t bytes);
