/* SPDX-License-Identifier: MIT */
/* See warnings.h. */
#include "entry/warnings.h"

#include <stdint.h>
#include <stdio.h>

#include "entry/thread_strangers.h"
#include "handover/fork_cost.h"
#include "handover/predecessor.h"
#include "wire/clock.h"

#define GIB ((double)(UINT64_C(1) << 30))
#define FORK_WARNED_OF_MS 10

char *ek_warning_add(struct ek_warnings *warnings)
{
        char *sentence;

        if (warnings->count == EK_WARNINGS_MAX)
                return NULL;
        sentence = warnings->sentences[warnings->count];
        warnings->pointers[warnings->count++] = sentence;
        return sentence;
}

static void warn_of_a_long_fork(struct ek_warnings *warnings)
{
        uint64_t bytes = ek_fork_bytes();
        uint64_t fork_ms = ek_fork_ns(bytes) / EK_NS_PER_MS;
        char *sentence;

        if (fork_ms < FORK_WARNED_OF_MS)
                return;
        sentence = ek_warning_add(warnings);
        if (sentence)
                snprintf(sentence, EK_WARNING_SIZE,
                         "to keep its PID the process of %.1f GiB is forked, which makes the pause "
                         "longer by about %llu ms, or less with huge pages",
                         (double)bytes / GIB, (unsigned long long)fork_ms);
}

void ek_warnings_gather(struct ek_warnings *ret_warnings)
{
        ret_warnings->count = 0;
        ek_threads_warn(ret_warnings);
        if (ek_predecessor_report()->keeps_pid || ek_predecessor_report()->is_for_kept_pid)
                warn_of_a_long_fork(ret_warnings);
}
