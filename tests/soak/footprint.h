/* SPDX-License-Identifier: MIT */
/* What a process occupies, by /proc: what must be the same after thousands of upgrades. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct footprint {
        uint64_t resident_bytes;
        unsigned int descriptors, threads, children;
};

/** False: it is gone. */
bool footprint_of(pid_t pid, struct footprint *ret_footprint);
