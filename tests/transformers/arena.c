/* SPDX-License-Identifier: MIT */
/* The memory of one record: zeroed, aligned, disjoint, and given back in one step. */
#include "arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

/* The linker sends the arena's calls of malloc() here. */
static unsigned int calls;
static bool is_out_of_memory;
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
        void *memory;

        calls++;
        if (is_out_of_memory || size > PTRDIFF_MAX) /* a sanitizer's malloc() would end the test */
                return NULL;
        memory = __real_malloc(size);
        return memory ? memset(memory, 0xa5, size) : NULL;
}

static bool is_zero(const uint8_t *memory, size_t size)
{
        for (size_t i = 0; i < size; i++)
                if (memory[i] != 0)
                        return false;
        return true;
}

Test(arena, memory_is_zeroed_aligned_and_disjoint)
{
        struct ekiden_arena arena;
        uint8_t *blocks[600];

        ek_arena_init(&arena);
        for (int round = 0; round < 3; round++) {
                for (size_t size = 0; size < 600; size++) {
                        blocks[size] = ek_arena_alloc(&arena, size);
                        cr_assert_not_null(blocks[size]);
                        cr_assert_eq((uintptr_t)blocks[size] % _Alignof(max_align_t), 0);
                        cr_assert(is_zero(blocks[size], size), "size %zu", size);
                        memset(blocks[size], (int)(size & 0xff), size);
                }
                for (size_t size = 0; size < 600; size++)
                        for (size_t i = 0; i < size; i++)
                                cr_assert_eq(blocks[size][i], (uint8_t)size);
                ek_arena_reset(&arena);
        }
        ek_arena_deinit(&arena);
}

Test(arena, steady_use_asks_malloc_for_nothing)
{
        struct ekiden_arena arena;

        ek_arena_init(&arena);
        for (int round = 0; round < 100; round++) {
                ek_arena_reset(&arena);
                for (int i = 0; i < 100; i++)
                        cr_assert_not_null(ek_arena_alloc(&arena, 1000));
                if (round == 10)
                        calls = 0;
        }
        cr_assert_eq(calls, 0, "%u calls", calls);
        ek_arena_deinit(&arena);
}

/* Over 1 MiB it was for one large record. */
Test(arena, very_large_chunk_is_not_kept)
{
        struct ekiden_arena arena;

        ek_arena_init(&arena);
        cr_assert_not_null(ek_arena_alloc(&arena, (size_t)3 << 20));
        cr_assert_not_null(arena.chunks);
        ek_arena_reset(&arena);
        cr_assert_null(arena.chunks);
        cr_assert_not_null(ek_arena_alloc(&arena, 100));
        ek_arena_reset(&arena);
        cr_assert_not_null(arena.chunks, "a small one is");
        ek_arena_deinit(&arena);
        cr_assert_null(arena.chunks);
}

Test(arena, sizes_that_overflow_are_refused)
{
        struct ekiden_arena arena;

        ek_arena_init(&arena);
        for (size_t less = 0; less < 64; less++)
                cr_assert_null(ek_arena_alloc(&arena, SIZE_MAX - less));
        cr_assert_not_null(ek_arena_alloc(&arena, 1));
        ek_arena_deinit(&arena);
}

Test(arena, that_is_out_of_memory_says_so_and_goes_on)
{
        struct ekiden_arena arena;

        ek_arena_init(&arena);
        is_out_of_memory = true;
        cr_expect_null(ek_arena_alloc(&arena, 1));
        is_out_of_memory = false;
        cr_expect_not_null(ek_arena_alloc(&arena, 1));
        is_out_of_memory = true;
        cr_expect_not_null(ek_arena_alloc(&arena, 1), "there is room in its chunk");
        cr_expect_null(ek_arena_alloc(&arena, (size_t)1 << 20));
        is_out_of_memory = false;
        cr_expect_not_null(ek_arena_alloc(&arena, (size_t)1 << 20));
        ek_arena_deinit(&arena);
}

static char *print(struct ekiden_arena *arena, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

static char *print(struct ekiden_arena *arena, const char *format, ...)
{
        va_list arguments;
        char *text;

        va_start(arguments, format);
        text = ek_arena_vprintf(arena, format, arguments);
        va_end(arguments);
        return text;
}

Test(arena, prints_texts_of_any_length)
{
        struct ekiden_arena arena;

        ek_arena_init(&arena);
        cr_expect_str_eq(print(&arena, "%s:%u", "host", 7000U), "host:7000");
        cr_expect_str_eq(print(&arena, "%s", ""), "");
        cr_expect_eq(strlen(print(&arena, "%*s", 100000, "x")), 100000);
        ek_arena_deinit(&arena);
}

Test(arena, serves_protobuf_c)
{
        struct ekiden_arena arena;
        uint8_t *memory;

        ek_arena_init(&arena);
        memory = arena.allocator.alloc(arena.allocator.allocator_data, 10);
        cr_assert_not_null(memory);
        arena.allocator.free(arena.allocator.allocator_data, memory);
        memory[9] = 1;
        ek_arena_deinit(&arena);
}
