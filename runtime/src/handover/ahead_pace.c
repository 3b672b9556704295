/* SPDX-License-Identifier: MIT */
/* See ahead_pace.h. */
#include "handover/ahead_pace.h"

#include <sys/resource.h>
#include <time.h>

#include "wire/clock.h"

#define FIRST_DEMAND 0.5
#define SMOOTHING 0.25 /* weight of the newest figure */
#define LEAST_SHARE 0.1 /* however busy the program is */
#define PRESSURE 3 /* how much more is taken each time that it does not suffice, … */
#define MOST_PRESSED 0.5 /* … up to this */
#define MOST_SHARE 0.9
#define FREE_SHARE 0.95 /* of time, for both: the rest keeps a program from being late */
#define LEAST_GAP_NS (50 * EK_NS_PER_US)
#define MOST_GAP_NS (50 * EK_NS_PER_MS)
#define BLOCKED_GAP_NS (500 * EK_NS_PER_US) /* until the socket may have room again */

static uint64_t cpu_ns(void)
{
        struct timespec now;

        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
        return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* How often this thread has waited so far. */
static long count_waits(void)
{
        struct rusage usage = {0};

        getrusage(RUSAGE_THREAD, &usage);
        return usage.ru_nvcsw;
}

void ek_pace_init(struct ek_pace *pace, uint64_t slice_ns)
{
        *pace = (struct ek_pace){
                .slice_ns = slice_ns,
                .demand = FIRST_DEMAND,
                .share = FREE_SHARE - FIRST_DEMAND,
                .least = LEAST_SHARE,
        };
}

/* Where two update points lie far apart, a slice is a part of what lies between them. */
#define PART_BETWEEN 10
#define LONGEST 10 /* slices as the program chose them */

static double clamp(double value, double least, double most)
{
        return value < least ? least : value > most ? most : value;
}

uint64_t ek_pace_begin(struct ek_pace *pace, uint64_t now_ns)
{
        uint64_t elapsed_ns = now_ns - pace->ended_ns;
        uint64_t cpu = cpu_ns() - pace->ended_cpu_ns;
        double busy, demand;

        if (pace->ended_ns == 0 || elapsed_ns == 0)
                return pace->slice_ns;
        /* What it used of the time that it had, as a part of all time. */
        busy = count_waits() == pace->ended_waits ? 1
                                                  : clamp((double)cpu / (double)elapsed_ns, 0, 1);
        demand = busy * (1 - pace->share);
        pace->demand += (demand - pace->demand) * SMOOTHING;
        pace->share = clamp(FREE_SHARE - pace->demand, pace->least, MOST_SHARE);
        return (uint64_t)clamp((double)elapsed_ns / PART_BETWEEN, (double)pace->slice_ns,
                               (double)pace->slice_ns * LONGEST);
}

void ek_pace_end(struct ek_pace *pace, uint64_t began_ns, uint64_t now_ns, int is_blocked)
{
        double used = (double)(now_ns - began_ns);
        double gap = used * (1 - pace->share) / pace->share;

        gap = clamp(gap, is_blocked ? BLOCKED_GAP_NS : LEAST_GAP_NS, MOST_GAP_NS);
        pace->next_ns = now_ns + (uint64_t)gap;
        pace->ended_ns = now_ns;
        pace->ended_cpu_ns = cpu_ns();
        pace->ended_waits = count_waits();
}

void ek_pace_press(struct ek_pace *pace)
{
        pace->least = clamp(pace->least * PRESSURE, LEAST_SHARE, MOST_PRESSED);
}
