/* SPDX-License-Identifier: MIT */
/* How long nobody serves: what a rehearsal adds where the PID will be kept, and what --max-pause
   makes of it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "handover/pause.h"
#include "handover/split_cost.h"
#include "wire/clock.h"

#define GIB ((uint64_t)1 << 30)
#define SIZE ((size_t)64 << 20)

Test(pause, of_a_process_that_is_split_grows_with_its_memory)
{
        const struct ek_memory none = {0}, own = {.resident = GIB},
                               shared = {.resident = GIB, .shared = GIB};

        cr_assert_eq(ek_split_ns(&none), 0);
        cr_assert_eq(ek_split_ns(&own), 54 * EK_NS_PER_MS, "fork and exec");
        cr_assert_eq(ek_split_ns(&shared), 30 * EK_NS_PER_MS, "a fork leaves it alone");
}

Test(pause, knows_what_memory_is_the_process_s_own)
{
        struct ek_memory before = ek_memory_now(), after;
        char *own = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        char *shared = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

        cr_assert_gt(before.resident, 0);
        cr_assert(own != MAP_FAILED && shared != MAP_FAILED);
        memset(own, 1, SIZE);
        memset(shared, 1, SIZE);
        after = ek_memory_now();
        /* The kernel counts in batches (proc(5)). */
        cr_assert_geq(after.resident, before.resident + 2 * SIZE - SIZE / 8);
        cr_assert_geq(after.shared, before.shared + SIZE - SIZE / 8);
        cr_assert_leq(after.shared, before.shared + SIZE + SIZE / 8);
}

Test(pause, that_is_rehearsed_has_in_it_what_the_upgrade_will_have)
{
        static struct ek_predecessor p;
        uint64_t now_ns = ek_now_ns();

        p.request.is_rehearsal = true;
        p.begun_ns = now_ns - EK_NS_PER_MS * 500;
        ek_pause_note_unrehearsed(&p);
        cr_assert_eq(p.report.unrehearsed_ns, 0, "it is rehearsed as a whole");
        p.report.is_for_kept_pid = true;
        ek_pause_note_unrehearsed(&p);
        cr_assert_geq(p.report.unrehearsed_ns, EK_NS_PER_MS * 500);
        cr_assert_geq(ek_pause_so_far(&p, now_ns), p.report.unrehearsed_ns);
}

Test(pause, that_is_rehearsed_has_so_much_less_time)
{
        static struct ek_predecessor p;

        cr_assert_eq(ek_pause_deadline(&p, 1000), 0);
        p.request.max_pause_ns = 700;
        cr_assert_eq(ek_pause_deadline(&p, 1000), 1700);
        p.report.unrehearsed_ns = 300;
        cr_assert_eq(ek_pause_deadline(&p, 1000), 1400);
        p.report.unrehearsed_ns = UINT64_MAX;
        cr_assert_eq(ek_pause_deadline(&p, 1000), 1000);
}

Test(pause, that_is_too_long_tells_what_helps)
{
        static struct ek_predecessor p;
        struct ekiden_error error = {0};
        double reached_ms;
        int length = 0;

        p.phase = EKIDEN_PHASE_PAUSE;
        p.keeping.kept = -1;
        p.request.max_pause_ns = 5 * EK_NS_PER_MS;
        p.stopped_ns = ek_now_ns() - 7 * EK_NS_PER_MS;
        ek_pause_explain(&p, &error);
        cr_assert_eq(sscanf(error.sentence, "the pause reached %lf ms in phase pause, and %n",
                            &reached_ms, &length),
                     1, "%s", error.sentence);
        cr_expect_geq(reached_ms, 7);
        cr_assert_str_eq(error.sentence + length,
                         "--max-pause allows 5.0; allow more, or send more of the state ahead; a "
                         "rehearsal without the limit tells what each item takes");
        p.keeping.kept = 3;
        ek_pause_explain(&p, &error);
        cr_assert_null(strstr(error.sentence, "ahead"), "nothing is: %s", error.sentence);
}
