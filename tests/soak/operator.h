/* SPDX-License-Identifier: MIT */
/* The operator: runs ekiden-upgrade, and understands its last event. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct order {
        const char *tool; /* ekiden-upgrade */
        const char *option; /* "--rehearse" …, or NULL */
        const char *file; /* "--snapshot FILE" in place of an upgrade, or NULL */
        pid_t pid; /* who is upgraded */
        const char *binary; /* NULL with a file */
};

struct outcome {
        bool is_good; /* the tool's exit status was 0, and its last event one of success */
        uint64_t pause_us, total_us;
        pid_t successor;
        char sentence[512]; /* why not */
};

struct outcome operator_order(const struct order *order);

/** Whether `ekiden-inspect diff` finds two snapshots the same. */
bool operator_same(const char *inspect, const char *older, const char *newer);
