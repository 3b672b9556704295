/* SPDX-License-Identifier: MIT */
/* Each call that can fail does, one at a time, wherever it is made. (With _FILE_OFFSET_BITS of 64,
   as meson sets it, mmap() is mmap64(), and so on.) */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "model.h"

#define MEBIBYTE ((size_t)1 << 20)
#define NEVER UINT_MAX

static unsigned int left = NEVER; /* calls until one fails */

static bool fails(int error)
{
        if (left == NEVER || left-- > 0)
                return false;
        left = NEVER;
        errno = error;
        return true;
}

int __wrap_memfd_create(const char *name, unsigned int flags);
void *__wrap_mmap64(void *address, size_t size, int protection, int flags, int file, off_t offset);
int __wrap_ftruncate64(int file, off_t size);
int __wrap_fcntl64(int file, int command, ...);
void *__wrap_calloc(size_t count, size_t size);
ssize_t __wrap_pwrite64(int file, const void *bytes, size_t size, off_t offset);
int __real_memfd_create(const char *name, unsigned int flags);
void *__real_mmap64(void *address, size_t size, int protection, int flags, int file, off_t offset);
int __real_ftruncate64(int file, off_t size);
int __real_fcntl64(int file, int command, ...);
void *__real_calloc(size_t count, size_t size);
ssize_t __real_pwrite64(int file, const void *bytes, size_t size, off_t offset);

int __wrap_memfd_create(const char *name, unsigned int flags)
{
        return fails(EMFILE) ? -1 : __real_memfd_create(name, flags);
}

void *__wrap_mmap64(void *address, size_t size, int protection, int flags, int file, off_t offset)
{
        return fails(ENOMEM) ? MAP_FAILED
                             : __real_mmap64(address, size, protection, flags, file, offset);
}

int __wrap_ftruncate64(int file, off_t size)
{
        return fails(ENOSPC) ? -1 : __real_ftruncate64(file, size);
}

int __wrap_fcntl64(int file, int command, ...)
{
        va_list arguments;
        int argument;

        va_start(arguments, command);
        argument = va_arg(arguments, int);
        va_end(arguments);
        return command != F_GETFD && command != F_DUPFD_CLOEXEC && fails(EINVAL)
                       ? -1
                       : __real_fcntl64(file, command, argument);
}

void *__wrap_calloc(size_t count, size_t size)
{
        return fails(ENOMEM) ? NULL : __real_calloc(count, size);
}

ssize_t __wrap_pwrite64(int file, const void *bytes, size_t size, off_t offset)
{
        return fails(ENOSPC) ? -1 : __real_pwrite64(file, bytes, size, offset);
}

Test(faults, an_arena_is_made_or_nothing_is_left_of_it)
{
        size_t files = model_open_files();
        struct ekiden_arena *arena = NULL;
        unsigned int call;

        for (call = 0; call < 100 && !arena; call++) {
                left = call;
                arena = ekiden_arena_new("faults", 8 * MEBIBYTE);
                if (arena && left != NEVER)
                        break;
                cr_expect_null(arena, "call %u", call);
                cr_expect_null(ek_arenas);
                cr_expect_eq(model_open_files(), files);
        }
        left = NEVER;
        cr_expect_geq(call, 8);
        ekiden_arena_close(arena);
}

Test(faults, an_arena_is_taken_over_or_nothing_is_left_of_it)
{
        struct ekiden_arena *first = ekiden_arena_new("faults", 8 * MEBIBYTE), *second = NULL;
        unsigned int call;
        int data, table;
        size_t files;

        cr_assert_not_null(ekiden_arena_alloc(first, 100));
        data = fcntl(first->data.descriptor, F_DUPFD_CLOEXEC, 0);
        table = fcntl(first->table.descriptor, F_DUPFD_CLOEXEC, 0);
        files = model_open_files();
        for (call = 0; call < 100 && !second; call++) {
                int r;

                left = call;
                r = ek_arena_attach(data, table, 8 * MEBIBYTE, NULL, &second);
                if (r == 0)
                        break;
                cr_expect_lt(r, 0);
                cr_expect_eq(model_open_files(), files);
                cr_expect_eq(ek_arenas, first);
        }
        left = NEVER;
        cr_assert_not_null(second);
        cr_expect_geq(call, 6);
        ekiden_arena_close(second);
        ekiden_arena_close(first);
}

Test(faults, what_has_no_room_is_not_taken_and_all_else_stays)
{
        struct ekiden_arena *arena = ekiden_arena_new("faults", 64 * MEBIBYTE);
        struct model model = {.arena = arena, .dice = 3, .largest = 400000};

        for (unsigned int step = 0; step < 5000; step++) {
                left = step % 3 == 0 ? 0 : NEVER;
                cr_assert(model_step(&model));
                left = NEVER;
                cr_assert(model_agrees(&model), "step %u", step);
        }
        ekiden_arena_close(arena);
}

Test(faults, what_cannot_be_carried_stays_private_and_is_carried_later)
{
        struct ekiden_arena *first = ekiden_arena_new("faults", 64 * MEBIBYTE), *second, *third;
        struct model model = {.arena = first, .dice = 11, .largest = 200000};
        unsigned int failures = 0;
        int r;

        for (unsigned int step = 0; step < 500; step++)
                cr_assert(model_step(&model));
        second = model_attach(first);
        model_move(&model, second);
        do {
                for (unsigned int step = 0; step < 100; step++)
                        cr_assert(model_step(&model));
                left = failures;
                r = ek_arena_carry(second);
                left = NEVER;
                cr_expect(r == 0 || r == EKIDEN_ENOMEM);
                cr_assert(model_agrees(&model), "failure %u", failures);
        } while (r < 0 && failures++ < 500);
        cr_expect_eq(r, 0);
        cr_expect_geq(failures, 4);
        cr_expect(!second->data.is_private && !second->table.is_private);
        third = model_attach(second);
        model_move(&model, third);
        cr_expect(model_agrees(&model));
        ekiden_arena_close(first);
        ekiden_arena_close(second);
        ekiden_arena_close(third);
}

Test(faults, a_limit_on_files_is_no_signal)
{
        struct ekiden_arena *arena = ekiden_arena_new("faults", 64 * MEBIBYTE);
        struct rlimit limit = {.rlim_cur = 10 * MEBIBYTE, .rlim_max = RLIM_INFINITY};

        cr_assert_not_null(arena);
        cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
        cr_expect_not_null(ekiden_arena_alloc(arena, 5 * MEBIBYTE));
        cr_expect_null(ekiden_arena_alloc(arena, 20 * MEBIBYTE));
        cr_expect_eq(errno, ENOMEM);
        cr_expect(ek_arena_is_sound(arena));
        limit.rlim_cur = RLIM_INFINITY;
        setrlimit(RLIMIT_FSIZE, &limit);
        cr_expect_not_null(ekiden_arena_alloc(arena, 20 * MEBIBYTE));
        ekiden_arena_close(arena);
}

Test(faults, a_limit_on_files_that_came_later_leaves_the_arena_private_until_it_is_gone)
{
        struct ekiden_arena *first = ekiden_arena_new("faults", 64 * MEBIBYTE), *second;
        struct rlimit limit = {.rlim_cur = 3 * MEBIBYTE, .rlim_max = RLIM_INFINITY};
        char *block = ekiden_arena_alloc(first, 10 * MEBIBYTE), *same;

        cr_assert_not_null(block);
        memset(block, 'a', 10 * MEBIBYTE);
        second = model_attach(first);
        cr_assert_not_null(second);
        same = second->data.base + (block - first->data.base);
        same[5 * MEBIBYTE] = 'b';
        cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
        cr_expect_eq(ek_arena_carry(second), EKIDEN_ENOMEM);
        cr_expect_eq(same[5 * MEBIBYTE], 'b');
        cr_expect(second->data.is_private);
        limit.rlim_cur = RLIM_INFINITY;
        setrlimit(RLIMIT_FSIZE, &limit);
        cr_expect_eq(ek_arena_carry(second), 0);
        cr_expect_eq(block[5 * MEBIBYTE], 'b');
        ekiden_arena_close(second);
        ekiden_arena_close(first);
}

/* Of this process; a sanitizer takes more of it than any arena. */
static rlim_t address_space(void)
{
        FILE *file = fopen("/proc/self/statm", "re");
        unsigned long pages = 0;

        cr_assert(file && fscanf(file, "%lu", &pages) == 1);
        fclose(file);
        return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

Test(faults, address_space_that_is_not_there_is_an_error)
{
        struct rlimit limit = {.rlim_cur = address_space() + ((rlim_t)8 << 30),
                               .rlim_max = RLIM_INFINITY};

        cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
        cr_expect_null(ekiden_arena_new("faults", 0));
        cr_expect_eq(errno, ENOMEM);
}
