/* SPDX-License-Identifier: MIT */
/* See warnings.h. */
#include "entry/warnings.h"

#include <stdint.h>
#include <stdio.h>

#include "entry/thread_strangers.h"
#include "handover/predecessor.h"
#include "handover/split_cost.h"
#include "wire/clock.h"

#define GIB ((double)(UINT64_C(1) << 30))
#define SPLIT_WARNED_OF_MS 10

char *ek_warning_add(struct ek_warnings *warnings)
{
        char *sentence;

        if (warnings->count == EK_WARNINGS_MAX)
                return NULL;
        sentence = warnings->sentences[warnings->count];
        warnings->pointers[warnings->count++] = sentence;
        return sentence;
}

static void warn_of_a_long_split(struct ek_warnings *warnings)
{
        const struct ek_memory memory = ek_memory_now();
        uint64_t split_ms = ek_split_ns(&memory) / EK_NS_PER_MS;
        char *sentence;

        if (split_ms < SPLIT_WARNED_OF_MS)
                return;
        sentence = ek_warning_add(warnings);
        if (sentence)
                snprintf(sentence, EK_WARNING_SIZE,
                         "to keep its PID the process of %.1f GiB is split, which makes the pause "
                         "longer by about %llu ms, or less with huge pages",
                         (double)memory.resident / GIB, (unsigned long long)split_ms);
}

void ek_warnings_gather(struct ek_warnings *ret_warnings)
{
        ret_warnings->count = 0;
        ek_threads_warn(ret_warnings);
        if (ek_predecessor_report()->keeps_pid || ek_predecessor_report()->is_for_kept_pid)
                warn_of_a_long_split(ret_warnings);
}
