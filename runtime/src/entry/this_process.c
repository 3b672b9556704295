/* SPDX-License-Identifier: MIT */
/*
 * Which process this is. A forked child has a PID of its own; but where process 1 of a namespace
 * forks another namespace's process 1, both are 1, and the child must not take its parent's control
 * socket for its own. So a page of memory says it, too, which the kernel empties in a child however
 * that was made (madvise(2), MADV_WIPEONFORK): to look at it is no system call, and needs no /proc.
 */
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include "entry/process.h"
#include "handover/public_pid.h"

static bool *mark; /* NULL: the kernel does not do that */

static bool *make_mark(void)
{
        size_t size = (size_t)sysconf(_SC_PAGESIZE);
        bool *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (page == MAP_FAILED)
                return NULL;
        if (madvise(page, size, MADV_WIPEONFORK) == 0)
                return page;
        munmap(page, size);
        return NULL;
}

void ek_process_mark(void)
{
        ek_process.pid = getpid();
        if (!mark)
                mark = make_mark();
        if (mark)
                *mark = true;
}

bool ek_process_is_this(void)
{
        pid_t pid = getpid();

        if (pid != ek_process.pid || (mark && !*mark))
                return false;
        if (mark || pid != 1)
                return true;
        (void)ek_public_pid_find();
        return ek_public_pid() == ek_process.public_pid;
}
