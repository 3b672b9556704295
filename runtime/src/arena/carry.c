/* SPDX-License-Identifier: MIT */
/*
 * The end of a handover: until now whoever took the arena over has seen the predecessor's memory
 * and kept what it wrote itself to itself. Now the memory is its own; so what it has written is
 * carried into the files, and the files are mapped as they are.
 *
 * The kernel says which pages those are: private ones are no file's any more. Where there is
 * PAGEMAP_SCAN (Linux 6.7) it skips what was never touched; before that, an answer of 8 bytes for
 * each page is read; and without /proc, pages are compared.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arena/arena.h"

/* Of linux/fs.h since 6.7, which is newer than the headers that this is built with. */
struct scan {
        uint64_t size, flags, start, end, walk_end, regions, region_count, max_pages;
        uint64_t inverted, all_of, any_of, returned;
};

struct region {
        uint64_t start, end, categories;
};

#define SCAN_PAGEMAP _IOWR('f', 16, struct scan)
#define SCAN_FILE (UINT64_C(1) << 2)
#define SCAN_PRESENT (UINT64_C(1) << 3)
#define SCAN_SWAPPED (UINT64_C(1) << 4)
#define REGIONS 64

/* Of an entry of /proc/PID/pagemap (Documentation/admin-guide/mm/pagemap.rst). */
#define PAGEMAP_FILE (UINT64_C(1) << 61)
#define PAGEMAP_SWAPPED (UINT64_C(1) << 62)
#define PAGEMAP_PRESENT (UINT64_C(1) << 63)
#define ENTRIES 512

static int failed(void)
{
        return errno == ENOMEM || errno == ENOSPC || errno == EFBIG ? EKIDEN_ENOMEM
                                                                    : EKIDEN_ESYSTEM;
}

static int write_range(const struct ek_memory_file *file, size_t start, size_t end)
{
        if (!ek_arena_is_within_limit(end))
                return EKIDEN_ENOMEM;
        while (start < end) {
                ssize_t n = pwrite(file->descriptor, file->base + start, end - start, (off_t)start);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return failed();
                start += (size_t)n;
        }
        return 0;
}

/* 1: it was done; 0: this kernel cannot. */
static int carry_scanned(const struct ek_memory_file *file, int pagemap)
{
        uint64_t base = (uint64_t)(uintptr_t)file->base;
        struct region regions[REGIONS];
        struct scan scan = {
                .size = sizeof(scan),
                .start = base,
                .end = base + file->bytes,
                .regions = (uint64_t)(uintptr_t)regions,
                .region_count = REGIONS,
                .inverted = SCAN_FILE,
                .all_of = SCAN_FILE,
                .any_of = SCAN_PRESENT | SCAN_SWAPPED,
                .returned = SCAN_PRESENT | SCAN_SWAPPED,
        };

        memset(regions, 0, sizeof(regions));
        for (; scan.start < scan.end; scan.start = scan.walk_end) {
                int count = ioctl(pagemap, SCAN_PAGEMAP, &scan);

                if (count < 0 || scan.walk_end <= scan.start)
                        return 0;
                for (int i = 0; i < count && i < REGIONS; i++) {
                        int r = write_range(file, regions[i].start - base, regions[i].end - base);

                        if (r < 0)
                                return r;
                }
        }
        return 1;
}

static int carry_read(const struct ek_memory_file *file, int pagemap)
{
        size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = file->bytes / page;
        uint64_t first = (uint64_t)(uintptr_t)file->base / page;
        uint64_t entries[ENTRIES];

        for (size_t done = 0; done < pages; done += ENTRIES) {
                size_t count = pages - done < ENTRIES ? pages - done : ENTRIES;
                size_t size = count * sizeof(entries[0]);

                if (pread(pagemap, entries, size, (off_t)((first + done) * sizeof(entries[0]))) !=
                    (ssize_t)size)
                        return 0;
                for (size_t i = 0; i < count; i++) {
                        size_t at = (done + i) * page;
                        int r;

                        if ((entries[i] & PAGEMAP_FILE) ||
                            !(entries[i] & (PAGEMAP_PRESENT | PAGEMAP_SWAPPED)))
                                continue;
                        r = write_range(file, at, at + page);
                        if (r < 0)
                                return r;
                }
        }
        return 1;
}

static int compare(const struct ek_memory_file *file, const char *shared, size_t start, size_t end)
{
        size_t page = (size_t)sysconf(_SC_PAGESIZE);
        int r = 0;

        for (size_t at = start & ~(page - 1); r == 0 && at < end; at += page)
                if (memcmp(shared + at, file->base + at, page) != 0)
                        r = write_range(file, at, at + page);
        return r;
}

/* A look at what was never written makes memory of it: so no more of the numbers for pages is
   looked at than the data has pages. */
static int carry_compared(const struct ek_memory_file *file, size_t rare_used_end)
{
        char *shared = mmap(NULL, file->bytes, PROT_READ, MAP_SHARED, file->descriptor, 0);
        int r;

        if (shared == MAP_FAILED)
                return failed();
        r = compare(file, shared, 0, rare_used_end);
        if (r == 0)
                r = compare(file, shared, file->rare_end, file->bytes);
        munmap(shared, file->bytes);
        return r;
}

static int carry_file(const struct ek_memory_file *file, size_t rare_used_end,
                      enum ek_arena_finder finder)
{
        int pagemap, r = 0;

        if (!file->is_private || file->bytes == 0)
                return 0;
        if (ek_arena_extend(file, file->bytes) < 0)
                return EKIDEN_ENOMEM;
        pagemap = finder <= EK_FIND_READ ? open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC) : -1;
        if (pagemap >= 0 && finder <= EK_FIND_SCANNED)
                r = carry_scanned(file, pagemap);
        if (pagemap >= 0 && r == 0)
                r = carry_read(file, pagemap);
        if (pagemap >= 0)
                close(pagemap);
        if (r == 0)
                r = carry_compared(file, rare_used_end);
        return r < 0 ? r : 0;
}

int ek_arena_carry_by(struct ekiden_arena *arena, enum ek_arena_finder finder)
{
        int r = carry_file(&arena->data, 0, finder);

        if (r == 0)
                r = carry_file(&arena->table, ek_arena_entries_start(arena->data.bytes), finder);
        if (r == 0 && arena->data.is_private)
                r = ek_arena_share(&arena->data, true);
        if (r == 0 && arena->table.is_private)
                r = ek_arena_share(&arena->table, false);
        return r;
}

int ek_arena_carry(struct ekiden_arena *arena)
{
        return ek_arena_carry_by(arena, EK_FIND_SCANNED);
}
