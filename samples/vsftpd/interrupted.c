/* SPDX-License-Identifier: MIT */
/*
 * Calls that vsftpd does not expect to be interrupted, as no signal of its own comes while it is in
 * them that it would not end by: it takes EINTR for a failure, and ends the session. The update
 * signal comes at any time, again and again until an update point is reached. So these calls, which
 * the linker leads here (-Wl,--wrap, build.py), go on after it; after any other signal they return
 * as they did.
 */
#include <errno.h>
#include <sys/select.h>
#include <sys/socket.h>

#include <ekiden/ekiden.h>

/* Whether it may have been the update signal: an update point is waited for. */
static int goes_on(long result)
{
        return result < 0 && errno == EINTR &&
               __atomic_load_n(&ekiden_attention, __ATOMIC_RELAXED) != 0;
}

#define GOES_ON_(type, name, parameters, arguments)       \
        type __real_##name parameters;                    \
        type __wrap_##name parameters;                    \
        type __wrap_##name parameters                     \
        {                                                 \
                type result;                              \
                                                          \
                do                                        \
                        result = __real_##name arguments; \
                while (goes_on((long)result));            \
                return result;                            \
        }

GOES_ON_(ssize_t, recvmsg, (int socket, struct msghdr *message, int flags),
         (socket, message, flags))
GOES_ON_(ssize_t, sendmsg, (int socket, const struct msghdr *message, int flags),
         (socket, message, flags))
/* Linux leaves in `timeout` what is left of it (select(2)). */
GOES_ON_(int, select,
         (int count, fd_set *reading, fd_set *writing, fd_set *other, struct timeval *timeout),
         (count, reading, writing, other, timeout))
