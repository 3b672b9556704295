/* SPDX-License-Identifier: MIT */
/*
 * The system calls that are left in the sandbox (sandbox.c). Those that Ekiden makes in a process
 * that hands over are docs/sandboxes.md's: a test (tests/docs/sandboxes.py) compares. Sorted.
 */
#pragma once

#define SANDBOX_CALLS_OF_EKIDEN(X) \
        X(accept4)                 \
        X(brk)                     \
        X(clock_gettime)           \
        X(close)                   \
        X(epoll_create1)           \
        X(epoll_ctl)               \
        X(epoll_pwait)             \
        X(epoll_wait)              \
        X(eventfd2)                \
        X(exit_group)              \
        X(fcntl)                   \
        X(futex)                   \
        X(getpid)                  \
        X(getsockopt)              \
        X(madvise)                 \
        X(mmap)                    \
        X(mremap)                  \
        X(munmap)                  \
        X(newfstatat)              \
        X(pidfd_open)              \
        X(pidfd_send_signal)       \
        X(poll)                    \
        X(recvmsg)                 \
        X(rt_sigprocmask)          \
        X(rt_sigreturn)            \
        X(sendmsg)                 \
        X(setsockopt)              \
        X(timer_settime)           \
        X(timerfd_settime)         \
        X(unlink)                  \
        X(write)

/* What the server in the sandbox (hermit.c) does besides. */
#define SANDBOX_CALLS_OF_THE_SERVER(X) \
        X(recvfrom)                    \
        X(restart_syscall)             \
        X(sendto)
