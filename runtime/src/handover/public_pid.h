/* SPDX-License-Identifier: MIT */
/*
 * The PID by which others know a process. A process in a PID namespace of its own is process 1
 * there, as each of its siblings is in theirs; where it shares /proc and the directory of the
 * control sockets with whoever made it, they know it by the PID that it has in that /proc. So that
 * one is in the name of its control socket, and in what operators are told. To the kernel a process
 * means itself by getpid(), which no name in here is for.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/** The caller's: as /proc had it when it was looked for; getpid() where there is no /proc, or one
    that does not have this process. Looks for it where that was not done in this process. */
pid_t ek_public_pid(void);

/** Looks for it: at the start, and in a forked child, which may be called 1 by getpid() as its
    parent is. Whether it is another than before; what cannot be looked up is as it was. */
bool ek_public_pid_find(void);

/** The calling thread's, by which /proc/self/task has it; otherwise gettid(). */
pid_t ek_public_tid(void);

/** Another process's, that has not been waited for; `otherwise` where /proc does not tell. */
pid_t ek_public_pid_of(int pidfd, pid_t otherwise);
