/* SPDX-License-Identifier: MIT */
/* One process after the other: what is private until the end of a handover, and what then is not.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model.h"

#define MEBIBYTE ((size_t)1 << 20)

static const enum ek_arena_finder finders[] = {EK_FIND_SCANNED, EK_FIND_READ, EK_FIND_COMPARED};

Test(carry, what_a_successor_does_before_it_serves_the_predecessor_never_sees)
{
        struct ekiden_arena *first = ekiden_arena_new("first", 64 * MEBIBYTE), *second;
        struct model model = {.arena = first, .dice = 5, .largest = 300000};
        struct model before;
        uint64_t digest;

        for (unsigned int i = 0; i < 2000; i++)
                cr_assert(model_step(&model));
        before = model;
        digest = model_digest(first);
        second = model_attach(first);
        cr_assert_not_null(second);
        model_move(&model, second);
        for (unsigned int i = 0; i < 4000; i++)
                cr_assert(model_step(&model));
        cr_expect(model_agrees(&model));
        cr_expect_eq(model_digest(first), digest);
        ekiden_arena_close(second);
        cr_expect_eq(model_digest(first), digest);
        cr_expect(model_agrees(&before));
        for (unsigned int i = 0; i < 2000; i++)
                cr_assert(model_step(&before));
        cr_expect(model_agrees(&before));
        ekiden_arena_close(first);
}

Test(carry, when_it_serves_the_files_have_all_that_it_did)
{
        for (size_t i = 0; i < sizeof(finders) / sizeof(finders[0]); i++) {
                struct ekiden_arena *first = ekiden_arena_new("first", 64 * MEBIBYTE), *second,
                                    *third;
                struct model model = {.arena = first, .dice = 6, .largest = 300000};

                for (unsigned int step = 0; step < 2000; step++)
                        cr_assert(model_step(&model));
                second = model_attach(first);
                cr_assert_not_null(second);
                model_move(&model, second);
                ekiden_arena_close(first);
                for (unsigned int step = 0; step < 2000; step++)
                        cr_assert(model_step(&model));
                cr_assert_eq(ek_arena_carry_by(second, finders[i]), 0);
                cr_expect(model_agrees(&model));
                for (unsigned int step = 0; step < 2000; step++)
                        cr_assert(model_step(&model));
                third = model_attach(second);
                cr_assert_not_null(third);
                model_move(&model, third);
                cr_expect(model_agrees(&model), "finder %zu", i);
                ekiden_arena_close(second);
                ekiden_arena_close(third);
        }
}

Test(carry, what_the_program_itself_wrote_into_old_blocks_is_carried_too)
{
        for (size_t i = 0; i < sizeof(finders) / sizeof(finders[0]); i++) {
                struct ekiden_arena *first = ekiden_arena_new("first", 64 * MEBIBYTE), *second;
                char *block = ekiden_arena_alloc(first, 10 * MEBIBYTE), *same;

                memset(block, 'a', 10 * MEBIBYTE);
                second = model_attach(first);
                same = second->data.base + (block - first->data.base);
                same[5 * MEBIBYTE] = 'b';
                cr_expect_eq(block[5 * MEBIBYTE], 'a');
                cr_assert_eq(ek_arena_carry_by(second, finders[i]), 0);
                cr_expect_eq(same[5 * MEBIBYTE], 'b');
                cr_expect_eq(same[5 * MEBIBYTE + 1], 'a');
                cr_expect_eq(block[5 * MEBIBYTE], 'b');
                same[0] = 'c';
                cr_expect_eq(block[0], 'c');
                ekiden_arena_close(second);
                ekiden_arena_close(first);
        }
}

Test(carry, a_hundred_legs_take_no_more_than_one)
{
        struct ekiden_arena *arena = ekiden_arena_new("legs", 64 * MEBIBYTE);
        struct model model = {.arena = arena, .dice = 8, .largest = 50000};
        struct ekiden_arena_statistics early, late;
        size_t files = model_open_files();

        for (unsigned int leg = 0; leg < 110; leg++) {
                struct ekiden_arena *next = model_attach(model.arena);

                cr_assert_not_null(next);
                arena = model.arena;
                model_move(&model, next);
                for (unsigned int step = 0; step < 300; step++)
                        cr_assert(model_step(&model));
                cr_assert_eq(ek_arena_carry(next), 0);
                ekiden_arena_close(arena);
                for (unsigned int step = 0; step < 300; step++)
                        cr_assert(model_step(&model));
                if (leg == 10)
                        ekiden_arena_statistics(next, &early);
        }
        cr_expect(model_agrees(&model));
        ekiden_arena_statistics(model.arena, &late);
        cr_expect_leq(late.data_bytes, early.data_bytes + 2 * MEBIBYTE);
        cr_expect_leq(late.table_bytes, early.table_bytes);
        cr_expect_eq(model_open_files(), files);
        ekiden_arena_close(model.arena);
}

Test(carry, an_arena_that_changed_nothing_carries_nothing)
{
        struct ekiden_arena *first = ekiden_arena_new("first", 64 * MEBIBYTE), *second;
        uint64_t digest;

        memset(ekiden_arena_alloc(first, 5 * MEBIBYTE), 'a', 5 * MEBIBYTE);
        digest = model_digest(first);
        second = model_attach(first);
        cr_assert_eq(ek_arena_carry(second), 0);
        cr_expect_eq(model_digest(first), digest);
        cr_assert_eq(ek_arena_carry(second), 0);
        cr_expect_not_null(ekiden_arena_alloc(second, 1000));
        ekiden_arena_close(second);
        ekiden_arena_close(first);
}

Test(carry, an_arena_is_known_by_its_files)
{
        struct ekiden_arena *first = ekiden_arena_new("first", 64 * MEBIBYTE);
        struct ekiden_arena *other = ekiden_arena_new("other", 64 * MEBIBYTE);

        cr_expect_eq(ek_arena_of(first->data.descriptor, first->table.descriptor), first);
        cr_expect_eq(ek_arena_of(other->data.descriptor, other->table.descriptor), other);
        cr_expect_null(ek_arena_of(first->data.descriptor, other->table.descriptor));
        ekiden_arena_close(first);
        ekiden_arena_close(other);
}

/* Pages of the data that this process has mapped. */
static size_t mapped_pages(const struct ekiden_arena *arena)
{
        size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = arena->data.bytes / page, count = 0;
        int pagemap = open("/proc/self/pagemap", O_RDONLY);

        for (size_t i = 0; i < pages; i++) {
                uint64_t entry = 0;

                cr_assert_eq(pread(pagemap, &entry, 8,
                                   (off_t)(((uintptr_t)arena->data.base / page + i) * 8)),
                             8);
                count += entry >> 63;
        }
        close(pagemap);
        return count;
}

Test(carry, who_takes_an_arena_over_and_hands_it_on_touches_none_of_the_data)
{
        struct ekiden_arena *first = ekiden_arena_new("first", 64 * MEBIBYTE), *second;
        size_t offsets[200];
        uint32_t number;

        for (size_t i = 0; i < 200; i++) {
                char *block = ekiden_arena_alloc(first, 50000 + i * 100);

                memset(block, 'a', 50000);
                offsets[i] = (size_t)(block - first->data.base);
        }
        second = model_attach(first);
        for (size_t i = 0; i < 200; i++) {
                cr_assert_eq(ek_arena_find(first, first->data.base + offsets[i], &number), 0);
                cr_assert_not_null(ek_arena_resolve(second, number, offsets[i], 50000));
        }
        cr_assert_eq(ek_arena_carry(second), 0);
        for (size_t i = 0; i < 200; i++)
                cr_assert_eq(ek_arena_find(second, second->data.base + offsets[i], &number), 0);
        cr_expect_geq(mapped_pages(first), 200 * 12);
        cr_expect_eq(mapped_pages(second), 0);
        ekiden_arena_close(second);
        ekiden_arena_close(first);
}

static bool is_within(const struct ek_memory_file *file, uintptr_t begin, uintptr_t end)
{
        return begin >= (uintptr_t)file->base &&
               end <= (uintptr_t)file->base + file->reserved_bytes;
}

/* What is used of an arena, without the numbers for pages. */
static size_t used_bytes(const struct ekiden_arena *arena)
{
        return arena->data.bytes + arena->table.bytes -
               (ek_arena_entries_start(arena->data.reserved_bytes) - EK_ARENA_TABLE_START);
}

/* Bytes of an arena's mappings that a core file would have. */
static size_t dumped_bytes(const struct ekiden_arena *arena)
{
        FILE *maps = fopen("/proc/self/smaps", "r");
        uintptr_t range[2] = {0}, begin, end;
        size_t dumped = 0;
        char line[512];

        cr_assert_not_null(maps);
        while (fgets(line, sizeof(line), maps)) {
                if (sscanf(line, "%lx-%lx ", &begin, &end) == 2) {
                        range[0] = begin;
                        range[1] = end;
                } else if (strncmp(line, "VmFlags:", 8) == 0 && !strstr(line, " dd") &&
                           (is_within(&arena->data, range[0], range[1]) ||
                            is_within(&arena->table, range[0], range[1]))) {
                        dumped += range[1] - range[0];
                }
        }
        fclose(maps);
        return dumped;
}

Test(carry, a_core_file_has_what_is_used_of_an_arena_and_not_what_it_may_grow_to)
{
        struct ekiden_arena *first = ekiden_arena_new("first", 0), *second;

        for (size_t size = 1000; size < 20 * MEBIBYTE; size *= 10) {
                cr_assert_not_null(ekiden_arena_alloc(first, size));
                cr_expect_eq(dumped_bytes(first), used_bytes(first));
        }
        second = model_attach(first);
        cr_assert_not_null(second);
        cr_assert_not_null(ekiden_arena_alloc(second, 20 * MEBIBYTE));
        cr_assert_eq(ek_arena_carry(second), 0);
        cr_expect_eq(dumped_bytes(second), used_bytes(second));
        cr_assert_not_null(ekiden_arena_alloc(second, 20 * MEBIBYTE));
        cr_expect_eq(dumped_bytes(second), used_bytes(second));
        ekiden_arena_close(second);
        ekiden_arena_close(first);
}

Test(carry, what_was_never_written_takes_no_memory_however_changed_pages_are_found)
{
        for (size_t i = 0; i < sizeof(finders) / sizeof(finders[0]); i++) {
                struct ekiden_arena *first = ekiden_arena_new("first", 0), *second;
                struct stat status;

                cr_assert_not_null(ekiden_arena_alloc(first, 1000));
                second = model_attach(first);
                cr_assert_not_null(second);
                cr_assert_not_null(ekiden_arena_alloc(second, 5 * MEBIBYTE));
                cr_assert_eq(ek_arena_carry_by(second, finders[i]), 0);
                cr_assert_eq(fstat(second->table.descriptor, &status), 0);
                cr_expect_leq((size_t)status.st_blocks * 512, MEBIBYTE, "finder %zu", i);
                cr_expect(ek_arena_is_sound(second));
                ekiden_arena_close(second);
                ekiden_arena_close(first);
        }
}

/* A program that closes all that it does not know, and opens a file of its own. */
static void replace(const struct ek_memory_file *file, int other)
{
        cr_assert_eq(dup2(other, file->descriptor), file->descriptor);
}

static off_t length_of(int file)
{
        struct stat status;

        cr_assert_eq(fstat(file, &status), 0);
        return status.st_size;
}

Test(carry, a_file_that_got_the_number_of_a_closed_descriptor_is_never_written)
{
        struct ekiden_arena *first = ekiden_arena_new("first", 64 * MEBIBYTE), *second;
        int other = memfd_create("other", MFD_CLOEXEC);
        char *block = ekiden_arena_alloc(first, MEBIBYTE);

        memset(block, 'a', MEBIBYTE);
        for (size_t i = 0; i < sizeof(finders) / sizeof(finders[0]); i++) {
                second = model_attach(first);
                cr_assert_not_null(second);
                cr_assert_not_null(ekiden_arena_alloc(second, 5 * MEBIBYTE));
                replace(i % 2 == 0 ? &second->data : &second->table, other);
                cr_expect_lt(ek_arena_carry_by(second, finders[i]), 0);
                cr_expect_eq(length_of(other), 0, "finder %zu", i);
                cr_expect_not_null(ekiden_arena_alloc(second, 5 * MEBIBYTE), "it is private still");
                ekiden_arena_close(second);
        }
        replace(&first->data, other);
        cr_expect_null(ekiden_arena_alloc(first, 5 * MEBIBYTE));
        cr_expect_eq(length_of(other), 0);
        cr_expect_eq(block[MEBIBYTE - 1], 'a');
        ekiden_arena_close(first);
}
