/* SPDX-License-Identifier: MIT */
/* See placement.h. */
#include "placement.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "measure.h"

/* The CPUs that this process was given, asked for before any is taken away. */
static const cpu_set_t *allowed(void)
{
        static cpu_set_t set;
        static bool is_known;

        if (!is_known && sched_getaffinity(0, sizeof(set), &set) < 0)
                fail("cannot tell which CPUs there are: %s", strerror(errno));
        is_known = true;
        return &set;
}

static void place(pid_t pid, const cpu_set_t *set)
{
        if (sched_setaffinity(pid, sizeof(*set), set) < 0)
                fail("cannot choose a CPU: %s", strerror(errno));
}

static void place_nth(pid_t pid, size_t nth)
{
        const cpu_set_t *all = allowed();
        cpu_set_t one;

        CPU_ZERO(&one);
        for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
                if (CPU_ISSET(cpu, all) && nth-- == 0)
                        CPU_SET(cpu, &one);
        place(pid, &one);
}

bool placement_has_two(void)
{
        return CPU_COUNT(allowed()) >= 2;
}

void placement_first(pid_t pid)
{
        place_nth(pid, 0);
}

void placement_second(pid_t pid)
{
        place_nth(pid, 1);
}

void placement_any(pid_t pid)
{
        place(pid, allowed());
}
