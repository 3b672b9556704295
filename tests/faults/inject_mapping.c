/* SPDX-License-Identifier: MIT */
/* Memory files and mappings: what an arena is made of. */
#include <sys/mman.h>
#include <unistd.h>

#include "inject.h"

INJECT(int, memfd_create, (const char *name, unsigned int flags), (name, flags), -1);
INJECT(void *, mmap64,
       (void *address, size_t size, int protection, int flags, int fd, off_t offset),
       (address, size, protection, flags, fd, offset), MAP_FAILED);
INJECT(int, mprotect, (void *address, size_t size, int protection), (address, size, protection),
       -1);
INJECT(int, ftruncate64, (int fd, off_t size), (fd, size), -1);
INJECT(int, madvise, (void *address, size_t size, int advice), (address, size, advice), -1);

INJECT_REAL(ssize_t, pwrite64, (int fd, const void *data, size_t size, off_t offset))
{
        bool is_short;

        if (inject_at_moving(CALL_pwrite64, &is_short))
                return -1;
        return __real_pwrite64(fd, data, is_short && size > 1 ? 1 : size, offset);
}
