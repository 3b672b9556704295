/* SPDX-License-Identifier: MIT */
/*
 * What an update point costs while nobody wants an upgrade: a loop that has one, and the same loop
 * without. Built as a user's program is, against the shared library. bench.sh also runs it under
 * callgrind, one loop at a time, and counts instructions.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ekiden/update_point.h>

#include "clock.h"
#include "measure.h"

/* The least that a loop may do, so that nothing hides the update point's cost; the compiler can
   neither foresee it nor move it across. */
static inline uint64_t work(uint64_t value, uint64_t i)
{
        value ^= i;
        __asm__ volatile("" : "+r"(value)::"memory");
        return value;
}

__attribute__((noinline, aligned(64))) uint64_t loop_with(uint64_t passes);
__attribute__((noinline, aligned(64))) uint64_t loop_without(uint64_t passes);

uint64_t loop_with(uint64_t passes)
{
        uint64_t value = 1;

        for (uint64_t i = 0; i < passes; i++) {
                ekiden_update_point("loop");
                value = work(value, i);
        }
        return value;
}

uint64_t loop_without(uint64_t passes)
{
        uint64_t value = 1;

        for (uint64_t i = 0; i < passes; i++)
                value = work(value, i);
        return value;
}

static double nanoseconds_per_pass(uint64_t (*loop)(uint64_t passes), uint64_t passes)
{
        uint64_t began = clock_ns();

        loop(passes);
        return (double)(clock_ns() - began) / (double)passes;
}

/* Which loop comes first alternates, so that neither has the better place. */
static void measure(uint64_t pairs, uint64_t passes)
{
        static struct samples cost, with, without;

        for (uint64_t i = 0; i < pairs; i++) {
                double first = nanoseconds_per_pass(i % 2 ? loop_with : loop_without, passes);
                double second = nanoseconds_per_pass(i % 2 ? loop_without : loop_with, passes);

                samples_add(&with, i % 2 ? first : second);
                samples_add(&without, i % 2 ? second : first);
                samples_add(&cost, with.values[i] - without.values[i]);
        }
        row_print(&(struct row){
                .group = "update point",
                .name = "time of a pass more than without",
                .unit = "ns",
                .measured = &cost,
                .bound_kind = BOUND_VALUE,
                .bound = 1,
        });
        row_print(&(struct row){
                .group = "update point",
                .name = "time of a pass",
                .unit = "ns",
                .measured = &with,
                .against = "the same loop without",
                .reference = &without,
        });
}

int main(int argc, char **argv)
{
        uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
        uint64_t second = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;

        if (argc == 4 && strcmp(argv[1], "time") == 0)
                measure(first, second);
        else if (argc == 3 && strcmp(argv[1], "with") == 0)
                printf("%" PRIu64 "\n", loop_with(first));
        else if (argc == 3 && strcmp(argv[1], "without") == 0)
                printf("%" PRIu64 "\n", loop_without(first));
        else
                fail("usage: update-point time PAIRS PASSES, or with|without PASSES");
        return EXIT_SUCCESS;
}
