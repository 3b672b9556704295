/* SPDX-License-Identifier: MIT */
/*
 * The system calls that are left in the sandbox (sandbox.c). Those that Ekiden makes in a process
 * behind ekiden_before_sandbox() are docs/sandboxes.md's: a test (tests/docs/sandboxes.py)
 * compares. Sorted.
 */
#pragma once

#define SANDBOX_CALLS_OF_EKIDEN(X) \
        X(accept4)                 \
        X(brk)                     \
        X(clock_gettime)           \
        X(close)                   \
        X(dup3)                    \
        X(epoll_create1)           \
        X(epoll_ctl)               \
        X(epoll_wait)              \
        X(eventfd2)                \
        X(exit_group)              \
        X(fcntl)                   \
        X(futex)                   \
        X(geteuid)                 \
        X(getpeername)             \
        X(getpid)                  \
        X(getsockopt)              \
        X(gettid)                  \
        X(ioctl)                   \
        X(madvise)                 \
        X(mmap)                    \
        X(mremap)                  \
        X(munmap)                  \
        X(newfstatat)              \
        X(openat)                  \
        X(pidfd_open)              \
        X(pidfd_send_signal)       \
        X(pipe2)                   \
        X(poll)                    \
        X(recvfrom)                \
        X(recvmsg)                 \
        X(restart_syscall)         \
        X(rt_sigreturn)            \
        X(sendmsg)                 \
        X(setsockopt)              \
        X(shutdown)                \
        X(timer_settime)           \
        X(write)

/* What the server in the sandbox (hermit.c) does besides, and Ekiden never. */
#define SANDBOX_CALLS_OF_THE_SERVER(X) X(sendto)

/* What Ekiden does besides in a process that has not called ekiden_before_sandbox(). */
#define SANDBOX_CALLS_OF_THE_UNPREPARED(X) X(unlink)
