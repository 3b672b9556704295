/* SPDX-License-Identifier: MIT */
/*
 * The memory files of an arena, and the address space that they have: reserved at once for as far
 * as they may grow, so that nothing in them ever moves within a process.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena/arena.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

/* What our files have, and what they must not have. */
#define SEALS (F_SEAL_SHRINK | F_SEAL_SEAL)
#define SEALS_AGAINST_US (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE | F_SEAL_GROW)

struct ekiden_arena *ek_arenas;

bool ek_arena_is_within_limit(size_t bytes)
{
        struct rlimit limit;

        return getrlimit(RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY ||
               bytes <= limit.rlim_cur;
}

static bool has_file(const struct ek_memory_file *file, int descriptor, struct stat *ret_status)
{
        return fstat(descriptor, ret_status) == 0 && ret_status->st_dev == file->device &&
               ret_status->st_ino == file->inode;
}

/* It may be that large already: it never shrinks, and an attempt to grow may have ended halfway. If
   the program has closed the descriptor, the number may be another file's by now. */
int ek_arena_extend(const struct ek_memory_file *file, size_t bytes)
{
        struct stat status;

        if (!has_file(file, file->descriptor, &status))
                return EKIDEN_ENOMEM;
        if ((size_t)status.st_size >= bytes)
                return 0;
        return ek_arena_is_within_limit(bytes) && ftruncate(file->descriptor, (off_t)bytes) == 0
                       ? 0
                       : EKIDEN_ENOMEM;
}

/* If the program crashes, what it uses of the file belongs into the image of its memory, and the
   address space behind that does not: of that there may be a tebibyte. Nor do the numbers for
   pages, which most likely are none: a look at them would make pages of memory of them. */
static void choose_dumped(const struct ek_memory_file *file, size_t from, size_t to)
{
        if (from < to)
                (void)madvise(file->base + from, to - from, MADV_DODUMP);
        if (to < file->reserved_bytes)
                (void)madvise(file->base + to, file->reserved_bytes - to, MADV_DONTDUMP);
        if (from < file->rare_end && to >= file->rare_end)
                (void)madvise(file->base + file->rare_begin, file->rare_end - file->rare_begin,
                              MADV_DONTDUMP);
}

int ek_arena_grow(struct ek_memory_file *file, size_t bytes)
{
        void *memory;
        int r = 0;

        if (bytes <= file->bytes)
                return 0;
        if (bytes > file->reserved_bytes)
                return EKIDEN_ENOMEM;
        if (!file->is_private) {
                r = ek_arena_extend(file, bytes);
        } else {
                memory = mmap(file->base + file->bytes, bytes - file->bytes, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
                r = memory == MAP_FAILED ? EKIDEN_ENOMEM : 0;
        }
        if (r == 0)
                choose_dumped(file, file->bytes, bytes);
        if (r == 0)
                file->bytes = bytes;
        return r;
}

int ek_arena_share(struct ek_memory_file *file, bool is_huge)
{
        void *memory = mmap(file->base, file->reserved_bytes, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_FIXED, file->descriptor, 0);

        if (memory == MAP_FAILED)
                return EKIDEN_ENOMEM;
        if (is_huge)
                (void)madvise(memory, file->reserved_bytes,
                              MADV_HUGEPAGE); /* where there are any */
        choose_dumped(file, 0, file->bytes);
        file->is_private = false;
        return 0;
}

/* Address space that begins where a huge page may. */
static int reserve(struct ek_memory_file *file)
{
        size_t whole = file->reserved_bytes + EK_ARENA_STEP;
        char *memory =
                mmap(NULL, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        size_t ahead;

        if (memory == MAP_FAILED)
                return EKIDEN_ENOMEM;
        ahead = (size_t)(-(uintptr_t)memory & (EK_ARENA_STEP - 1));
        if (ahead > 0)
                munmap(memory, ahead);
        munmap(memory + ahead + file->reserved_bytes, EK_ARENA_STEP - ahead);
        file->base = memory + ahead;
        return 0;
}

static size_t table_room(size_t reserved_bytes)
{
        return (ek_arena_entries_start(reserved_bytes) + reserved_bytes / 8 +
                2 * EK_ARENA_TABLE_STEP - 1) &
               ~(EK_ARENA_TABLE_STEP - 1);
}

/* What an empty arena has. */
static size_t table_least(size_t reserved_bytes)
{
        return (ek_arena_entries_start(reserved_bytes) + 2 * EK_ARENA_TABLE_STEP - 1) &
               ~(EK_ARENA_TABLE_STEP - 1);
}

/* Whose it is: a child finds the page empty. Where the kernel cannot do that, it is trusted. */
static bool *make_owner(void)
{
        size_t size = (size_t)sysconf(_SC_PAGESIZE);
        bool *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (page == MAP_FAILED)
                return NULL;
        (void)madvise(page, size, MADV_WIPEONFORK);
        *page = true;
        return page;
}

static void release(struct ek_memory_file *file)
{
        struct stat status;

        if (file->base)
                munmap(file->base, file->reserved_bytes);
        if (file->descriptor >= 0 && has_file(file, file->descriptor, &status))
                close(file->descriptor);
}

static void unlink_arena(struct ekiden_arena *arena)
{
        struct ekiden_arena **place = &ek_arenas;

        while (*place && *place != arena)
                place = &(*place)->next;
        if (*place)
                *place = arena->next;
}

void ek_arena_unmap(struct ekiden_arena *arena)
{
        if (!arena)
                return;
        unlink_arena(arena);
        release(&arena->data);
        release(&arena->table);
        free(arena->claims);
        if (arena->is_owner)
                munmap(arena->is_owner, (size_t)sysconf(_SC_PAGESIZE));
        free(arena);
}

int ek_arena_reserve(struct ek_arena_space *ret_space)
{
        struct ek_memory_file file = {.reserved_bytes = (size_t)EK_ARENA_USUAL};

        while (reserve(&file) < 0) {
                file.reserved_bytes /= 2;
                if (file.reserved_bytes < EK_ARENA_LEAST)
                        return EKIDEN_ENOMEM;
        }
        *ret_space = (struct ek_arena_space){file.base, file.reserved_bytes};
        return 0;
}

void ek_arena_unreserve(struct ek_arena_space *space)
{
        if (space->base)
                munmap(space->base, space->bytes);
        *space = (struct ek_arena_space){NULL, 0};
}

static struct ekiden_arena *new_arena(size_t reserved_bytes, const struct ek_arena_space *space)
{
        struct ekiden_arena *arena = calloc(1, sizeof(*arena));

        if (!arena)
                return NULL;
        arena->data.descriptor = arena->table.descriptor = -1;
        arena->data.reserved_bytes = reserved_bytes;
        arena->table.reserved_bytes = table_room(reserved_bytes);
        arena->table.rare_begin = EK_ARENA_TABLE_START;
        arena->table.rare_end = ek_arena_entries_start(reserved_bytes);
        arena->is_owner = make_owner();
        if (space)
                arena->data.base = space->base;
        if (arena->is_owner && (space || reserve(&arena->data) == 0) && reserve(&arena->table) == 0)
                return arena;
        if (space)
                arena->data.base = NULL;
        ek_arena_unmap(arena);
        return NULL;
}

static int identify(struct ek_memory_file *file, struct stat *ret_status)
{
        if (fstat(file->descriptor, ret_status) < 0)
                return EKIDEN_ESYSTEM;
        file->device = ret_status->st_dev;
        file->inode = ret_status->st_ino;
        return 0;
}

static int make_file(struct ek_memory_file *file, const char *name)
{
        const unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
        struct stat status;

        file->descriptor = memfd_create(name, flags | MFD_NOEXEC_SEAL);
        if (file->descriptor < 0 && errno == EINVAL) /* before Linux 6.3 */
                file->descriptor = memfd_create(name, flags);
        if (file->descriptor < 0 || identify(file, &status) < 0 ||
            fcntl(file->descriptor, F_ADD_SEALS, SEALS) < 0)
                return EKIDEN_ESYSTEM;
        return 0;
}

static int make_files(struct ekiden_arena *arena, const char *name)
{
        char file_name[EK_ARENA_NAME_MAX + 16];
        int r;

        snprintf(file_name, sizeof(file_name), "ekiden:%s", name);
        r = make_file(&arena->data, file_name);
        snprintf(file_name, sizeof(file_name), "ekiden:%s:table", name);
        if (r == 0)
                r = make_file(&arena->table, file_name);
        if (r == 0)
                r = ek_arena_share(&arena->data, true);
        if (r == 0)
                r = ek_arena_share(&arena->table, false);
        return r == 0 ? ek_arena_grow(&arena->table, table_least(arena->data.reserved_bytes)) : r;
}

int ek_arena_make(const char *name, size_t reserved_bytes, struct ekiden_arena **ret_arena)
{
        struct ekiden_arena *arena = new_arena(reserved_bytes, NULL);
        int r = arena ? make_files(arena, name) : EKIDEN_ENOMEM;

        if (r < 0) {
                int saved = errno;

                ek_arena_unmap(arena);
                errno = saved;
                return r;
        }
        *ek_arena_header(arena) = (struct ek_arena_header){
                .magic = EK_ARENA_MAGIC, .reserved_bytes = reserved_bytes, .count = 1};
        arena->next = ek_arenas;
        ek_arenas = arena;
        *ret_arena = arena;
        return 0;
}

/* A file of another process: it must not shrink under our hands, and what we shall want of it when
   there is no way back it must let us do, whatever that process does to it in the meantime. */
static int take_file(struct ek_memory_file *file, int descriptor)
{
        struct stat status;
        int seals = fcntl(descriptor, F_GET_SEALS), flags = fcntl(descriptor, F_GETFL);
        int r;

        file->descriptor = descriptor;
        r = identify(file, &status);
        if (r < 0)
                return r;
        if (seals < 0 || (seals & SEALS) != SEALS || (seals & SEALS_AGAINST_US) || flags < 0 ||
            (flags & O_ACCMODE) != O_RDWR || (flags & O_APPEND))
                return EKIDEN_EPROTOCOL;
        file->bytes = (size_t)status.st_size;
        return 0;
}

static int map_private(struct ek_memory_file *file, size_t bytes)
{
        if (bytes > file->bytes || bytes > file->reserved_bytes)
                return EKIDEN_EPROTOCOL;
        file->bytes = bytes;
        file->is_private = true;
        if (bytes > 0 &&
            mmap(file->base, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE,
                 file->descriptor, 0) == MAP_FAILED)
                return EKIDEN_ENOMEM;
        return 0;
}

static int map_files(struct ekiden_arena *arena)
{
        size_t table_bytes = arena->table.bytes & ~(EK_ARENA_TABLE_STEP - 1);
        uint64_t data_bytes;
        int r = table_bytes >= table_least(arena->data.reserved_bytes)
                        ? map_private(&arena->table, table_bytes)
                        : EKIDEN_EPROTOCOL;

        if (r < 0)
                return r;
        data_bytes = ek_arena_header(arena)->data_bytes;
        if (ek_arena_header(arena)->magic != EK_ARENA_MAGIC ||
            ek_arena_header(arena)->reserved_bytes != arena->data.reserved_bytes ||
            data_bytes % EK_ARENA_STEP != 0)
                return EKIDEN_EPROTOCOL;
        return map_private(&arena->data, data_bytes);
}

int ek_arena_attach(int data, int table, uint64_t reserved_bytes,
                    const struct ek_arena_space *space, struct ekiden_arena **ret_arena)
{
        struct ekiden_arena *arena;
        int r;

        if (reserved_bytes == 0 || reserved_bytes > EK_ARENA_MOST ||
            reserved_bytes % EK_ARENA_STEP != 0)
                return EKIDEN_EPROTOCOL;
        if (space && space->bytes < reserved_bytes)
                return EKIDEN_ENOMEM;
        arena = new_arena(reserved_bytes, space);
        if (!arena)
                return EKIDEN_ENOMEM;
        arena->is_shared = true;
        r = take_file(&arena->data, data);
        if (r == 0)
                r = take_file(&arena->table, table);
        if (r == 0 && arena->data.device == arena->table.device &&
            arena->data.inode == arena->table.inode)
                r = EKIDEN_EPROTOCOL;
        if (r == 0)
                r = map_files(arena);
        if (r < 0) {
                arena->data.descriptor = arena->table.descriptor = -1; /* still the caller's */
                if (space)
                        arena->data.base = NULL; /* likewise */
                ek_arena_unmap(arena);
                return r;
        }
        if (space && space->bytes > reserved_bytes)
                munmap(space->base + reserved_bytes, space->bytes - reserved_bytes);
        arena->next = ek_arenas;
        ek_arenas = arena;
        *ret_arena = arena;
        return 0;
}

struct ekiden_arena *ek_arena_of(int data, int table)
{
        struct ekiden_arena *arena = ek_arenas;
        struct stat status;

        while (arena &&
               !(has_file(&arena->data, data, &status) && has_file(&arena->table, table, &status)))
                arena = arena->next;
        return arena;
}

bool ek_arena_is_whole(const struct ekiden_arena *arena)
{
        const struct ekiden_arena *known = ek_arenas;
        struct stat status;

        while (known && known != arena)
                known = known->next;
        return known && has_file(&arena->data, arena->data.descriptor, &status) &&
               has_file(&arena->table, arena->table.descriptor, &status);
}

/* Mapped to be read only, no memory is wanted yet that might not be there. */
static void withdraw(struct ek_memory_file *file)
{
        if (file->is_private || file->bytes == 0 ||
            mmap(file->base, file->bytes, PROT_READ, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE,
                 file->descriptor, 0) == MAP_FAILED)
                return;
        (void)mprotect(file->base, file->bytes, PROT_READ | PROT_WRITE);
        file->is_private = true;
}

void ek_arena_withdraw(struct ekiden_arena *arena)
{
        if (!ek_arena_is_whole(arena))
                return;
        withdraw(&arena->data);
        withdraw(&arena->table);
        arena->is_shared = true;
}
