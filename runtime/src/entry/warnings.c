/* SPDX-License-Identifier: MIT */
/* See warnings.h. */
#include "entry/warnings.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "entry/thread_strangers.h"
#include "handover/predecessor.h"
#include "wire/cleanup.h"
#include "wire/look.h"

#define GIB ((double)(UINT64_C(1) << 30))
#define FORK_MS_PER_GIB 24.0 /* measured, with pages of 4 KiB */
#define FORK_WARNED_OF_MS 10.0

char *ek_warning_add(struct ek_warnings *warnings)
{
        char *sentence;

        if (warnings->count == EK_WARNINGS_MAX)
                return NULL;
        sentence = warnings->sentences[warnings->count];
        warnings->pointers[warnings->count++] = sentence;
        return sentence;
}

/* Bytes of memory whose page tables a fork would copy: the second figure (proc(5)). 0: not known.
 */
static double resident_bytes(void)
{
        ek_auto_close int fd = ek_look_at("/proc/self/statm");
        ssize_t length = -1;
        char text[128];
        char *second;

        if (fd >= 0)
                length = read(fd, text, sizeof(text) - 1);
        if (length <= 0)
                return 0;
        text[length] = '\0';
        second = strchr(text, ' ');
        return second ? (double)strtoul(second, NULL, 10) * (double)sysconf(_SC_PAGESIZE) : 0;
}

static void warn_of_a_long_fork(struct ek_warnings *warnings)
{
        double gib = resident_bytes() / GIB;
        char *sentence;

        if (gib * FORK_MS_PER_GIB < FORK_WARNED_OF_MS)
                return;
        sentence = ek_warning_add(warnings);
        if (sentence)
                snprintf(sentence, EK_WARNING_SIZE,
                         "to keep its PID the process of %.1f GiB is forked, which makes the pause "
                         "longer by about %.0f ms, or less with huge pages",
                         gib, gib * FORK_MS_PER_GIB);
}

void ek_warnings_gather(struct ek_warnings *ret_warnings)
{
        ret_warnings->count = 0;
        ek_threads_warn(ret_warnings);
        if (ek_predecessor_report()->keeps_pid)
                warn_of_a_long_fork(ret_warnings);
}
