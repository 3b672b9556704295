/* SPDX-License-Identifier: MIT */
/* What the allocator promises to a program that uses it as it should, or not. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model.h"

#define MEBIBYTE ((size_t)1 << 20)

static struct ekiden_arena *arena;

static void make(void)
{
        arena = ekiden_arena_new("test", 64 * MEBIBYTE);
}

static void end(void)
{
        ekiden_arena_close(arena);
}

TestSuite(allocator, .init = make, .fini = end);

Test(allocator, whatever_is_done_no_block_is_touched_but_by_its_user)
{
        for (uint64_t seed = 1; seed <= 12; seed++) {
                struct model model = {.arena = arena,
                                      .dice = seed * 0x9e3779b97f4a7c15,
                                      .largest = (size_t)64 << seed};

                for (unsigned int step = 0; step < 6000; step++) {
                        cr_assert(model_step(&model), "seed %lu, step %u", (unsigned long)seed,
                                  step);
                        if (step % 500 == 0)
                                cr_assert(model_agrees(&model), "seed %lu, step %u",
                                          (unsigned long)seed, step);
                }
                cr_assert(model_agrees(&model), "seed %lu", (unsigned long)seed);
                model_clear(&model);
        }
}

Test(allocator, what_is_freed_becomes_one_block_again)
{
        struct model model = {.arena = arena, .dice = 7, .largest = 100000};
        struct ekiden_arena_statistics statistics;

        for (unsigned int step = 0; step < 3000; step++)
                cr_assert(model_step(&model));
        model_clear(&model);
        ekiden_arena_statistics(arena, &statistics);
        cr_expect_eq(statistics.blocks, 0);
        cr_expect_eq(statistics.used_bytes, 0);
        cr_expect_eq(statistics.free_blocks, 1);
        cr_expect_eq(statistics.free_bytes, statistics.data_bytes);
        cr_expect(ek_arena_is_sound(arena));
}

Test(allocator, blocks_of_the_same_sizes_made_again_and_again_take_no_more_room)
{
        struct ekiden_arena_statistics first, last;
        void *blocks[64] = {NULL};

        for (unsigned int round = 0; round < 2000; round++) {
                unsigned int i = round * 7 % 64;

                cr_assert_eq(ekiden_arena_free(arena, blocks[i]), 0);
                blocks[i] = ekiden_arena_alloc(arena, 100000 + i * 1000);
                cr_assert_not_null(blocks[i]);
                if (round == 200)
                        ekiden_arena_statistics(arena, &first);
        }
        ekiden_arena_statistics(arena, &last);
        cr_expect_leq(last.data_bytes, first.data_bytes + 2 * MEBIBYTE);
        cr_expect_eq(last.table_bytes, first.table_bytes);
}

Test(allocator, a_block_may_be_as_large_as_the_arena_and_no_larger)
{
        char *whole;

        cr_expect_null(ekiden_arena_alloc(arena, 64 * MEBIBYTE));
        cr_expect_eq(errno, ENOMEM);
        cr_expect_null(ekiden_arena_alloc(arena, SIZE_MAX));
        cr_expect_eq(errno, ENOMEM);
        whole = ekiden_arena_alloc(arena, 64 * MEBIBYTE - 16);
        cr_assert_not_null(whole);
        whole[0] = whole[64 * MEBIBYTE - 17] = 1;
        cr_expect_null(ekiden_arena_alloc(arena, 0));
        cr_expect_eq(errno, ENOMEM);
        cr_expect_eq(ekiden_arena_free(arena, whole), 0);
        cr_expect(ek_arena_is_sound(arena));
}

Test(allocator, a_block_grows_where_it_is_if_nothing_is_behind_it)
{
        char *block = ekiden_arena_alloc(arena, 1000), *other;

        memset(block, 'x', 1000);
        cr_expect_eq(ekiden_arena_resize(arena, block, 30 * MEBIBYTE), block);
        cr_expect_eq(ekiden_arena_resize(arena, block, 500), block);
        cr_expect(ek_arena_is_sound(arena));
        other = ekiden_arena_alloc(arena, 1000);
        cr_assert_not_null(other);
        cr_expect_neq(ekiden_arena_resize(arena, block, 30 * MEBIBYTE), block);
        cr_expect(ek_arena_is_sound(arena));
}

Test(allocator, what_does_not_fit_leaves_the_block_as_it_was)
{
        char *block = ekiden_arena_alloc(arena, 1000);

        memset(block, 'x', 1000);
        cr_expect_null(ekiden_arena_resize(arena, block, 100 * MEBIBYTE));
        cr_expect_eq(errno, ENOMEM);
        cr_expect_eq(block[999], 'x');
        cr_expect_geq(ekiden_arena_size(arena, block), 1000);
        cr_expect(ek_arena_is_sound(arena));
}

Test(allocator, what_is_no_block_is_refused)
{
        char *block = ekiden_arena_alloc(arena, 1000), outside[64] = {0};
        char *wrong[] = {block + 16,
                         block - 16,
                         block + 8,
                         outside + 32,
                         (char *)16,
                         block + 64 * MEBIBYTE,
                         block + 1024 * MEBIBYTE};

        memset(block, 0, 1000);
        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
                cr_expect_eq(ekiden_arena_free(arena, wrong[i]), EKIDEN_EINVAL, "%zu", i);
                cr_expect_null(ekiden_arena_resize(arena, wrong[i], 10), "%zu", i);
                cr_expect_eq(errno, EINVAL);
                cr_expect_eq(ekiden_arena_size(arena, wrong[i]), 0);
        }
        cr_expect_eq(ekiden_arena_free(arena, NULL), 0);
        cr_expect_eq(ekiden_arena_free(NULL, block), EKIDEN_EINVAL);
        cr_expect_null(ekiden_arena_alloc(NULL, 10));
        cr_expect_eq(errno, EINVAL);
        cr_expect_eq(ekiden_arena_free(arena, block), 0);
        cr_expect_eq(ekiden_arena_free(arena, block), EKIDEN_EINVAL);
}

Test(allocator, a_child_reads_and_changes_nothing)
{
        char *block = ekiden_arena_alloc(arena, 1000);
        struct ekiden_arena_statistics statistics;
        int status = 0;
        pid_t child;

        strcpy(block, "the parent's");
        child = fork();
        if (child == 0) {
                ekiden_arena_statistics(arena, &statistics);
                _exit(strcmp(block, "the parent's") == 0 && !ekiden_arena_alloc(arena, 10) &&
                                      errno == ECHILD && !ekiden_arena_resize(arena, block, 5000) &&
                                      ekiden_arena_free(arena, block) == EKIDEN_ESTATE &&
                                      ekiden_arena_close(arena) == EKIDEN_ESTATE &&
                                      statistics.blocks == 0
                              ? 0
                              : 1);
        }
        waitpid(child, &status, 0);
        cr_expect_eq(status, 0);
        cr_expect_eq(ekiden_arena_free(arena, block), 0);
}

Test(allocator, an_arena_that_ends_leaves_no_descriptor)
{
        size_t before = model_open_files();
        struct ekiden_arena *other = ekiden_arena_new("other", 0);

        cr_assert_not_null(other);
        cr_expect_eq(model_open_files(), before + 2);
        cr_expect_eq(ekiden_arena_close(other), 0);
        cr_expect_eq(model_open_files(), before);
        cr_expect_eq(ekiden_arena_close(NULL), 0);
}

Test(allocator, a_name_and_a_size_that_cannot_be_are_refused)
{
        char name[202];

        memset(name, 'n', sizeof(name) - 1);
        name[201] = '\0';
        cr_expect_null(ekiden_arena_new(NULL, 0));
        cr_expect_null(ekiden_arena_new("", 0));
        cr_expect_null(ekiden_arena_new(name, 0));
        cr_expect_eq(errno, EINVAL);
        cr_expect_null(ekiden_arena_new("huge", UINT64_MAX));
        cr_expect_eq(errno, EINVAL);
        cr_expect_null(ekiden_arena_new("huge", (uint64_t)1 << 46 | 1));
        cr_expect_eq(errno, EINVAL);
}
