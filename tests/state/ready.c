/* SPDX-License-Identifier: MIT */
/* Memory of entries that is got ahead: for which types, how much, and that it comes back. */
#include "state/ready.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static size_t asked_for;

static void *the_same_memory(size_t size)
{
        static char memory[1 << 20];

        cr_assert_leq(size, sizeof(memory));
        asked_for++;
        return memory;
}

static void *make_one(void)
{
        return NULL;
}

TestSuite(ready, .timeout = 60);

Test(ready, memory_is_1_gib_at_most_whatever_is_announced)
{
        static const struct ekiden_memory memory = {the_same_memory, NULL};
        const struct ekiden_native native = {.size = 1 << 20, .memory = &memory};
        struct ek_ready ready = {0};

        ek_ready_make(&ready, &native, UINT64_MAX);
        cr_assert_eq(asked_for, EK_READY_MAX_BYTES >> 20);
}

Test(ready, memory_is_of_its_own_type_alone)
{
        const struct ekiden_native native = {.size = 64};
        const struct ekiden_native other = {.size = 64};
        struct ek_ready ready = {0};
        void *entry;

        ek_ready_make(&ready, &native, 1);
        cr_assert_null(ek_ready_take(&ready, &other));
        entry = ek_ready_take(&ready, &native);
        cr_assert_not_null(entry);
        cr_assert_null(ek_ready_take(&ready, &native));
        free(entry);
        ek_ready_deinit(&ready);
}

/* Only the program knows what it takes to make one, and how long each is. */
Test(ready, memory_is_not_got_for_what_the_library_does_not_make)
{
        static const struct ekiden_memory memory = {the_same_memory, NULL};
        const struct ekiden_member flexible = {.room = EKIDEN_ROOM_FLEXIBLE};
        const struct ekiden_native natives[] = {
                {.size = 64, .memory = &memory, .create = make_one},
                {.size = 64, .memory = &memory, .members = &flexible, .member_count = 1},
                {.size = 4, .memory = &memory},
        };

        for (size_t i = 0; i < 3; i++) {
                struct ek_ready ready = {0};

                ek_ready_make(&ready, &natives[i], 10);
                cr_assert_eq(asked_for, 0);
                cr_assert_null(ek_ready_take(&ready, &natives[i]));
        }
}
