/* SPDX-License-Identifier: MIT */
/*
 * Target "lock_file": what may be in a lock file. It is read, or told to be none in lines that move
 * nobody's cursor; what was read is the same when it is written and read again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lock.h"
#include "target.h"

/* A file that has no name in any folder. */
static int make_file(const uint8_t *data, size_t size, char ret_path[64])
{
        int fd = memfd_create("lock", MFD_CLOEXEC);

        expect(fd >= 0);
        expect(write(fd, data, size) == (ssize_t)size);
        snprintf(ret_path, 64, "/proc/self/fd/%d", fd);
        return fd;
}

static void expect_lines(const char *text, size_t size)
{
        expect(size == 0 || text[size - 1] == '\n');
        for (size_t i = 0; i < size; i++)
                expect((unsigned char)text[i] >= ' ' || text[i] == '\n');
}

/* lock_read(), with what it says kept from the terminal. */
static int read_quietly(struct lock *lock, struct ek_memory *arena, const char *path)
{
        FILE *terminal = stderr;
        char *said = NULL;
        size_t size = 0;
        int r;

        stderr = open_memstream(&said, &size);
        expect(stderr);
        r = lock_read(lock, arena, path);
        fclose(stderr);
        stderr = terminal;
        expect((r == 0) == (size == 0));
        expect_lines(said, size);
        free(said);
        return r;
}

static char *as_text(struct ek_memory *arena, const struct lock_line *line)
{
        char digits[2 * EK_FINGERPRINT_SIZE + 1];

        for (size_t i = 0; i < EK_FINGERPRINT_SIZE; i++)
                snprintf(digits + 2 * i, 3, "%02x", line->fingerprint[i]);
        return ek_memory_printf(arena, "%s %u %s\n", line->program, line->version, digits);
}

static void expect_same_again(struct ek_memory *arena, const struct lock *lock)
{
        char path[64];
        struct ek_text text;
        struct lock again;
        int fd;

        ek_text_init(&text, arena);
        for (size_t i = 0; i < lock->count; i++)
                ek_text_add_string(&text, as_text(arena, &lock->lines[i]));
        fd = make_file((const uint8_t *)text.bytes, text.length, path);
        expect(read_quietly(&again, arena, path) == 0);
        expect(again.count == lock->count);
        for (size_t i = 0; i < lock->count; i++) {
                const struct lock_line *line = &lock->lines[i];
                const struct lock_line *found = lock_find(&again, line->program, line->version);

                expect(found);
                expect(memcmp(found->fingerprint, line->fingerprint, EK_FINGERPRINT_SIZE) == 0);
        }
        close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct ek_memory arena;
        struct lock lock;
        char path[64];
        int fd = make_file(data, size, path);

        ek_memory_init(&arena);
        if (read_quietly(&lock, &arena, path) == 0)
                expect_same_again(&arena, &lock);
        if (lock.count > 1)
                target_succeeded();
        ek_memory_deinit(&arena);
        close(fd);
        return 0;
}
