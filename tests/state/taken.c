/* SPDX-License-Identifier: MIT */
/* The entries that a program has taken, and gives back when the upgrade fails. */
#include "state/taken.h"

#include <stdint.h>

#include <ekiden/error.h>

#include "open_descriptors.h"

#define MANY 10000

/* What the callbacks saw. */
struct witness {
        uintptr_t expected[MANY];
        size_t asked, released, count;
};

static uintptr_t address_of(size_t i)
{
        switch (i % 5) {
        case 0:
                return UINTPTR_MAX - i;
        case 1:
                return i;
        default:
                return (uintptr_t)0x7f0000000000 + i * 144;
        }
}

/* The last one first; every third is kept. */
static bool take_back(void *data, void *entry)
{
        struct witness *witness = data;
        size_t i = witness->count - 1 - witness->asked++;

        cr_assert_eq((uintptr_t)entry, address_of(i));
        cr_assert_eq(witness->released, 0, "nothing is freed while others are asked for");
        return i % 3 != 0;
}

static void release(void *data, void *entry)
{
        struct witness *witness = data;

        cr_assert_eq(witness->asked, witness->count);
        witness->expected[witness->released++] = (uintptr_t)entry;
}

static void expect_undone(size_t count)
{
        static struct witness witness;
        struct ek_taken taken = {NULL};
        size_t released = 0;

        witness = (struct witness){.count = count};
        for (size_t i = 0; i < count; i++) {
                cr_assert_eq(ek_taken_reserve(&taken), 0);
                ek_taken_add(&taken, (void *)address_of(i));
        }
        ek_taken_undo(&taken, take_back, release, &witness);
        cr_assert_eq(witness.asked, count);
        for (size_t i = count; i-- > 0;)
                if (i % 3 != 0)
                        cr_assert_eq(witness.expected[released++], address_of(i));
        cr_assert_eq(witness.released, released);
        ek_taken_deinit(&taken);
}

LeakTest(taken, entries_are_taken_back_the_last_first_and_freed_when_all_were)
{
        static const size_t counts[] = {0, 1, 2, 1000, 2047, 2048, 2049, MANY};

        for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
                expect_undone(counts[i]);
}
