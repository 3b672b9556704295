/* SPDX-License-Identifier: MIT */
/* See pair.h. */
#include "handover/pair.h"

#include <errno.h>
#include <sys/socket.h>

#define SOCKET_BUFFER (2 << 20) /* bytes; the kernel takes twice as many, and more gain nothing */

/* SO_SNDBUFFORCE is root's (socket(7)). */
static void enlarge(int socket)
{
        static const int size = SOCKET_BUFFER;

        if (setsockopt(socket, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
                (void)setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

int ek_pair_make(int ret_sockets[2], struct ekiden_error *error)
{
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ret_sockets) < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "cannot make the handover's socket pair");
        enlarge(ret_sockets[0]);
        enlarge(ret_sockets[1]);
        return 0;
}
