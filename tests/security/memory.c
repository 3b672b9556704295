/* SPDX-License-Identifier: MIT */
/* See memory.h. */
#include "memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <criterion/criterion.h>

#define STEP (64 << 10) /* bytes that are looked at at once */

static uint8_t mark_byte(size_t i)
{
        return (uint8_t)('A' + (i * i * 7 + i * 3 + 5) % 53);
}

void write_mark(char *to)
{
        for (size_t i = 0; i < MARK_SIZE; i++)
                to[i] = (char)mark_byte(i);
}

static size_t count_in(const uint8_t *bytes, size_t size)
{
        size_t count = 0;

        for (size_t at = 0; at + MARK_SIZE <= size; at++) {
                size_t i = 0;

                while (i < MARK_SIZE && bytes[at + i] == mark_byte(i))
                        i++;
                count += i == MARK_SIZE;
        }
        return count;
}

/* Through a window that is not itself looked at. */
static size_t count_in_range(int memory, uint8_t *window, uintptr_t start, uintptr_t end)
{
        size_t count = 0;

        for (uintptr_t at = start; at < end; at += STEP) {
                size_t size = end - at < STEP + MARK_SIZE - 1 ? end - at : STEP + MARK_SIZE - 1;
                ssize_t n = pread(memory, window, size, (off_t)at);

                if (n > 0)
                        count += count_in(window, (size_t)n);
        }
        return count;
}

size_t count_marks(void)
{
        uint8_t *window =
                mmap(NULL, 2 * STEP, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
        FILE *maps = fopen("/proc/self/maps", "re");
        char line[512];
        size_t count = 0, ranges = 0;

        cr_assert(window != MAP_FAILED && memory >= 0 && maps);
        while (fgets(line, sizeof(line), maps)) {
                unsigned long start, end;
                char rights[8];

                cr_assert_eq(sscanf(line, "%lx-%lx %7s", &start, &end, rights), 3);
                if (strncmp(rights, "rw-p", 4) != 0)
                        continue;
                count += count_in_range(memory, window, start, end);
                ranges++;
        }
        cr_assert_gt(ranges, 3);
        fclose(maps);
        close(memory);
        munmap(window, 2 * STEP);
        return count;
}
