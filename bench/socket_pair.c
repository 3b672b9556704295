/* SPDX-License-Identifier: MIT */
/* See socket_pair.h. Blocking calls only: nothing is cheaper than a read that waits. */
#include "socket_pair.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "measure.h"

#define FRAME_BYTES 64
#define READ_BYTES ((size_t)256 << 10)
#define GROUP_MAX 253 /* SCM_MAX_FD of unix(7) */

union control {
        struct cmsghdr alignment;
        char bytes[CMSG_SPACE(sizeof(int) * GROUP_MAX)];
};

void socket_pair_open(int buffer_bytes, int ret_sockets[2])
{
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ret_sockets) < 0)
                fail("cannot make a socket pair");
        for (int i = 0; i < 2 && buffer_bytes > 0; i++)
                if (setsockopt(ret_sockets[i], SOL_SOCKET, SO_SNDBUFFORCE, &buffer_bytes,
                               sizeof(buffer_bytes)) < 0)
                        (void)setsockopt(ret_sockets[i], SOL_SOCKET, SO_SNDBUF, &buffer_bytes,
                                         sizeof(buffer_bytes));
}

static void start(struct far_end *far, int buffer_bytes, void (*serve)(int socket, size_t block),
                  size_t block)
{
        int sockets[2];

        socket_pair_open(buffer_bytes, sockets);
        far->socket = sockets[0];
        far->pid = fork();
        if (far->pid < 0)
                fail("cannot fork");
        if (far->pid == 0) {
                dup2(sockets[1], STDIN_FILENO);
                close_range(STDERR_FILENO + 1, ~0U, 0); /* nobody's end is held open here */
                serve(STDIN_FILENO, block);
                _exit(0);
        }
        close(sockets[1]);
}

static void serve_echo(int socket, size_t block)
{
        char bytes[FRAME_BYTES];
        ssize_t n;

        (void)block;
        while ((n = read(socket, bytes, sizeof(bytes))) > 0)
                if (write(socket, bytes, (size_t)n) != n)
                        return;
}

static void serve_sink(int socket, size_t block)
{
        char *bytes = malloc(READ_BYTES);
        size_t held = 0;
        ssize_t n;

        while (bytes && (n = read(socket, bytes, READ_BYTES)) > 0)
                for (held += (size_t)n; held >= block; held -= block)
                        if (write(socket, bytes, 1) != 1)
                                return;
}

/* One message: its descriptors are closed. False at the end. */
static int receive_group(int socket)
{
        union control control;
        char byte;
        struct iovec part = {&byte, 1};
        struct msghdr message = {
                .msg_iov = &part,
                .msg_iovlen = 1,
                .msg_control = control.bytes,
                .msg_controllen = sizeof(control.bytes),
        };
        struct cmsghdr *header;

        if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1)
                return 0;
        header = CMSG_FIRSTHDR(&message);
        for (size_t i = 0; header && i < (header->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++) {
                int descriptor;

                memcpy(&descriptor, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
                close(descriptor);
        }
        return 1;
}

static void serve_descriptor_sink(int socket, size_t block)
{
        char byte = 0;

        (void)block;
        while (receive_group(socket))
                if (write(socket, &byte, 1) != 1)
                        return;
}

void echo_start(struct far_end *far, int buffer_bytes)
{
        start(far, buffer_bytes, serve_echo, 0);
}

void sink_start(struct far_end *far, int buffer_bytes, size_t block_bytes)
{
        start(far, buffer_bytes, serve_sink, block_bytes);
}

void descriptor_sink_start(struct far_end *far, int buffer_bytes)
{
        start(far, buffer_bytes, serve_descriptor_sink, 0);
}

void far_end_stop(struct far_end *far)
{
        close(far->socket);
        waitpid(far->pid, NULL, 0);
}

double echo_round_trip_us(const struct far_end *far, unsigned int trips)
{
        char bytes[FRAME_BYTES] = "";
        uint64_t began = clock_ns();

        for (unsigned int i = 0; i < trips; i++)
                if (write(far->socket, bytes, sizeof(bytes)) != sizeof(bytes) ||
                    recv(far->socket, bytes, sizeof(bytes), MSG_WAITALL) != sizeof(bytes))
                        fail("a round trip failed");
        return microseconds_since(began) / trips;
}

double sink_send_us(const struct far_end *far, size_t total_bytes, size_t block_bytes)
{
        char *block = calloc(1, block_bytes);
        uint64_t began = clock_ns();
        double elapsed;

        for (size_t sent = 0; sent < total_bytes;) {
                ssize_t n = write(far->socket, block, block_bytes);

                if (!block || n <= 0)
                        fail("bytes could not be sent");
                sent += (size_t)n;
        }
        for (size_t i = 0; i < total_bytes / block_bytes; i++)
                if (read(far->socket, block, 1) != 1)
                        fail("bytes were not answered");
        elapsed = microseconds_since(began);
        free(block);
        return elapsed;
}

static void send_group(int socket, const int *descriptors, size_t count)
{
        union control control = {.bytes = ""};
        char byte = 0;
        struct iovec part = {&byte, 1};
        struct msghdr message = {
                .msg_iov = &part,
                .msg_iovlen = 1,
                .msg_control = control.bytes,
                .msg_controllen = CMSG_SPACE(sizeof(int) * count),
        };
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);

        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * count);
        memcpy(CMSG_DATA(header), descriptors, sizeof(int) * count);
        if (sendmsg(socket, &message, 0) != 1 || read(socket, &byte, 1) != 1)
                fail("descriptors could not be sent");
}

double descriptor_sink_send_us(const struct far_end *far, const int *descriptors, size_t count,
                               size_t group)
{
        uint64_t began = clock_ns();

        for (size_t sent = 0; sent < count; sent += group)
                send_group(far->socket, descriptors + sent,
                           count - sent < group ? count - sent : group);
        return microseconds_since(began);
}
