/* SPDX-License-Identifier: MIT */
/*
 * The system calls that an upgrade makes in a process which seccomp watches. vsftpd's filter is a
 * list of what its sessions, or their parents, need, and kills for all else. Ours are put into it:
 * none opens a file (but for a handle to the working directory), makes a socket, or starts a
 * process. Some that the library can do without fail, and are no reason to be killed.
 */
#include "upgrade.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "release.h"
#include "utility.h"

#define HEAD 4 /* instructions of vsftpd's that check the machine, and load the call's number */

static const unsigned int allowed[] = {
        /* the control socket and that of the handover */
        SYS_accept4,
        SYS_getsockopt,
        SYS_setsockopt,
        SYS_getpeername,
        SYS_getsockname,
        SYS_fcntl,
        SYS_recvfrom,
        SYS_recvmsg,
        SYS_sendmsg,
        SYS_dup2,
        SYS_dup3,
        /* waiting: of the library, of libuv in it, of a parent for its child's request or end */
        SYS_poll,
        SYS_epoll_create1,
        SYS_epoll_ctl,
        SYS_epoll_wait,
        SYS_epoll_pwait,
        SYS_eventfd2,
        SYS_pipe2,
        SYS_timer_settime,
        SYS_getitimer,
        SYS_alarm,
        SYS_wait4,
        SYS_clock_gettime,
        /* who this is, and whether a descriptor is still what it was */
        SYS_getpid,
        SYS_gettid,
        SYS_geteuid,
        SYS_fstat,
        SYS_newfstatat,
        /* locks and memory */
        SYS_futex,
        SYS_madvise,
};

/* With one argument, and no other. */
static const struct {
        unsigned int call, argument, value;
} allowed_with[] = {
        {SYS_openat, 2, O_PATH | O_DIRECTORY | O_CLOEXEC}, /* the working directory */
        {SYS_ioctl, 1, FIONBIO},
};

/* Unless vsftpd allows them. */
static const unsigned int failing[] = {
        SYS_unlink, /* the control socket's name cannot be reached */
        SYS_openat, /* /proc, which is not to be seen in a chroot */
        SYS_readlink,
        SYS_socket, /* syslog(3) */
        SYS_pidfd_open, /* a successor of another user's */
        SYS_pidfd_send_signal,
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* If it is this call, what is to be returned. */
static struct sock_filter *add(struct sock_filter *next, unsigned int call, unsigned int verdict)
{
        *next++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1);
        *next++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict);
        return next;
}

/* The lower half of the argument; what these calls take is no longer. */
static struct sock_filter *add_with(struct sock_filter *next, unsigned int call,
                                    unsigned int argument, unsigned int value)
{
        unsigned int offset = offsetof(struct seccomp_data, args) + argument * 8;

        *next++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 4);
        *next++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset);
        *next++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
        *next++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
        *next++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                               offsetof(struct seccomp_data, nr));
        return next;
}

static struct sock_filter *copy(struct sock_filter *next, const struct sock_filter *from,
                                size_t count)
{
        memcpy(next, from, count * sizeof(*next));
        return next + count;
}

/* Ours come behind vsftpd's first instructions, and those that fail ahead of its last, which
 * kills. */
static void extend(struct sock_fprog *filter)
{
        size_t size =
                filter->len + 2 * COUNT(allowed) + 5 * COUNT(allowed_with) + 2 * COUNT(failing);
        struct sock_filter *instructions = calloc(size, sizeof(*instructions)),
                           *next = instructions;

        if (!instructions || size > BPF_MAXINSNS)
                die("no memory for the calls of an upgrade");
        next = copy(next, filter->filter, HEAD);
        for (size_t i = 0; i < COUNT(allowed); i++)
                next = add(next, allowed[i], SECCOMP_RET_ALLOW);
        for (size_t i = 0; i < COUNT(allowed_with); i++)
                next = add_with(next, allowed_with[i].call, allowed_with[i].argument,
                                allowed_with[i].value);
        next = copy(next, filter->filter + HEAD, filter->len - HEAD - 1U);
        for (size_t i = 0; i < COUNT(failing); i++)
                next = add(next, failing[i], SECCOMP_RET_ERRNO | EPERM);
        copy(next, filter->filter + filter->len - 1, 1);
        filter->filter = instructions;
        filter->len = (unsigned short)size;
}

void vsf_upgrade_allow_calls(struct sock_fprog *filter)
{
        if (vsf_is_upgraded())
                extend(filter);
}
