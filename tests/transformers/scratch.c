/* SPDX-License-Identifier: MIT */
/* The memory of one record: zeroed, aligned, disjoint, and given back in one step. */
#include "scratch.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

/* The linker sends the scratch's calls of malloc() here. */
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

Test(scratch, memory_is_zeroed_aligned_and_disjoint)
{
        struct ekiden_scratch scratch;
        uint8_t *blocks[600];

        ek_scratch_init(&scratch);
        for (int round = 0; round < 3; round++) {
                for (size_t size = 0; size < 600; size++) {
                        blocks[size] = ek_scratch_alloc(&scratch, size);
                        cr_assert_not_null(blocks[size]);
                        cr_assert_eq((uintptr_t)blocks[size] % _Alignof(max_align_t), 0);
                        cr_assert(is_zero(blocks[size], size), "size %zu", size);
                        memset(blocks[size], (int)(size & 0xff), size);
                }
                for (size_t size = 0; size < 600; size++)
                        for (size_t i = 0; i < size; i++)
                                cr_assert_eq(blocks[size][i], (uint8_t)size);
                ek_scratch_reset(&scratch);
        }
        ek_scratch_deinit(&scratch);
}

Test(scratch, steady_use_asks_malloc_for_nothing)
{
        struct ekiden_scratch scratch;

        ek_scratch_init(&scratch);
        for (int round = 0; round < 100; round++) {
                ek_scratch_reset(&scratch);
                for (int i = 0; i < 100; i++)
                        cr_assert_not_null(ek_scratch_alloc(&scratch, 1000));
                if (round == 10)
                        calls = 0;
        }
        cr_assert_eq(calls, 0, "%u calls", calls);
        ek_scratch_deinit(&scratch);
}

/* Over 1 MiB it was for one large record. */
Test(scratch, very_large_chunk_is_not_kept)
{
        struct ekiden_scratch scratch;

        ek_scratch_init(&scratch);
        cr_assert_not_null(ek_scratch_alloc(&scratch, (size_t)3 << 20));
        cr_assert_not_null(scratch.chunks);
        ek_scratch_reset(&scratch);
        cr_assert_null(scratch.chunks);
        cr_assert_not_null(ek_scratch_alloc(&scratch, 100));
        ek_scratch_reset(&scratch);
        cr_assert_not_null(scratch.chunks, "a small one is");
        ek_scratch_deinit(&scratch);
        cr_assert_null(scratch.chunks);
}

Test(scratch, sizes_that_overflow_are_refused)
{
        struct ekiden_scratch scratch;

        ek_scratch_init(&scratch);
        for (size_t less = 0; less < 64; less++)
                cr_assert_null(ek_scratch_alloc(&scratch, SIZE_MAX - less));
        cr_assert_not_null(ek_scratch_alloc(&scratch, 1));
        ek_scratch_deinit(&scratch);
}

Test(scratch, that_is_out_of_memory_says_so_and_goes_on)
{
        struct ekiden_scratch scratch;

        ek_scratch_init(&scratch);
        is_out_of_memory = true;
        cr_expect_null(ek_scratch_alloc(&scratch, 1));
        is_out_of_memory = false;
        cr_expect_not_null(ek_scratch_alloc(&scratch, 1));
        is_out_of_memory = true;
        cr_expect_not_null(ek_scratch_alloc(&scratch, 1), "there is room in its chunk");
        cr_expect_null(ek_scratch_alloc(&scratch, (size_t)1 << 20));
        is_out_of_memory = false;
        cr_expect_not_null(ek_scratch_alloc(&scratch, (size_t)1 << 20));
        ek_scratch_deinit(&scratch);
}

static char *print(struct ekiden_scratch *scratch, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

static char *print(struct ekiden_scratch *scratch, const char *format, ...)
{
        va_list arguments;
        char *text;

        va_start(arguments, format);
        text = ek_scratch_vprintf(scratch, format, arguments);
        va_end(arguments);
        return text;
}

Test(scratch, prints_texts_of_any_length)
{
        struct ekiden_scratch scratch;

        ek_scratch_init(&scratch);
        cr_expect_str_eq(print(&scratch, "%s:%u", "host", 7000U), "host:7000");
        cr_expect_str_eq(print(&scratch, "%s", ""), "");
        cr_expect_eq(strlen(print(&scratch, "%*s", 100000, "x")), 100000);
        ek_scratch_deinit(&scratch);
}

Test(scratch, serves_protobuf_c)
{
        struct ekiden_scratch scratch;
        uint8_t *memory;

        ek_scratch_init(&scratch);
        memory = scratch.allocator.alloc(scratch.allocator.allocator_data, 10);
        cr_assert_not_null(memory);
        scratch.allocator.free(scratch.allocator.allocator_data, memory);
        memory[9] = 1;
        ek_scratch_deinit(&scratch);
}
