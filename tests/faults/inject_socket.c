/* SPDX-License-Identifier: MIT */
/* Sockets; what is sent on them is inject_frame.c's. */
#include <stdlib.h>
#include <sys/socket.h>

#include "inject.h"

INJECT(int, bind, (int fd, const struct sockaddr *address, socklen_t size), (fd, address, size),
       -1);
INJECT(int, connect, (int fd, const struct sockaddr *address, socklen_t size), (fd, address, size),
       -1);
INJECT(int, getsockopt, (int fd, int level, int name, void *value, socklen_t *size),
       (fd, level, name, value, size), -1);
INJECT(int, setsockopt, (int fd, int level, int name, const void *value, socklen_t size),
       (fd, level, name, value, size), -1);
INJECT(int, getpeername, (int fd, struct sockaddr *address, socklen_t *size), (fd, address, size),
       -1);
INJECT(int, getsockname, (int fd, struct sockaddr *address, socklen_t *size), (fd, address, size),
       -1);
INJECT(int, listen, (int fd, int backlog), (fd, backlog), -1);
INJECT(int, shutdown, (int fd, int how), (fd, how), -1);
INJECT(int, socket, (int domain, int type, int protocol), (domain, type, protocol), -1);
INJECT(int, socketpair, (int domain, int type, int protocol, int sockets[2]),
       (domain, type, protocol, sockets), -1);
INJECT(int, accept4, (int fd, struct sockaddr *address, socklen_t *size, int flags),
       (fd, address, size, flags), -1);

void inject_broken(int fd)
{
        if (errno == ECONNRESET)
                __real_shutdown(fd, SHUT_RDWR);
        errno = inject_error();
}

INJECT_REAL(ssize_t, recv, (int fd, void *data, size_t size, int flags))
{
        bool is_short;

        if (inject_at_moving(CALL_recv, &is_short)) {
                inject_broken(fd);
                return -1;
        }
        return __real_recv(fd, data, is_short && size > 1 ? 1 : size, flags);
}

INJECT_REAL(ssize_t, recvmsg, (int fd, struct msghdr *message, int flags))
{
        size_t size = message->msg_iovlen == 1 ? message->msg_iov->iov_len : 0;
        bool is_short;
        ssize_t n;

        if (inject_at_moving(CALL_recvmsg, &is_short)) {
                inject_broken(fd);
                return -1;
        }
        if (is_short && size > 1)
                message->msg_iov->iov_len = 1;
        n = __real_recvmsg(fd, message, flags);
        if (size > 0)
                message->msg_iov->iov_len = size;
        return n;
}
