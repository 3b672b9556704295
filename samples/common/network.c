/* SPDX-License-Identifier: MIT */
/*
 * Plain blocking sockets. A signal that asks for an upgrade makes accept() and recv() return with
 * EINTR, and the caller's loop goes round.
 */
#include "network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static void complain(const char *what)
{
        fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
}

static void fail(const char *what)
{
        complain(what);
        exit(EXIT_FAILURE);
}

static in_port_t parse_port(const char *text)
{
        char *end;
        unsigned long port = strtoul(text, &end, 10);

        if (end == text || *end || port > 65535) {
                errno = EINVAL;
                fail(text);
        }
        return htons((in_port_t)port);
}

int listen_on(const char *port)
{
        struct sockaddr_in here = {
                .sin_family = AF_INET,
                .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                .sin_port = parse_port(port),
        };
        socklen_t size = sizeof(here);
        int yes = 1;
        int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (listener < 0)
                fail("socket");
        if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0 ||
            bind(listener, (struct sockaddr *)&here, sizeof(here)) < 0 ||
            listen(listener, SOMAXCONN) < 0 ||
            getsockname(listener, (struct sockaddr *)&here, &size) < 0)
                fail(port);
        printf("listening on 127.0.0.1:%u\n", (unsigned int)ntohs(here.sin_port));
        return listener;
}

int accept_client(int listener)
{
        static const struct timespec a_moment = {.tv_nsec = 100000000};
        int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

        if (connection < 0 && errno != EINTR && errno != ECONNABORTED) {
                complain("nobody can be accepted");
                nanosleep(&a_moment, NULL); /* a signal ends it early */
        }
        return connection;
}

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}; /* what an IPv4 address follows */

void peer_ipv6(int connection, uint8_t ret_address[16])
{
        struct sockaddr_storage peer = {0};
        const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)&peer;
        const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)&peer;
        socklen_t size = sizeof(peer);

        getpeername(connection, (struct sockaddr *)&peer, &size);
        memset(ret_address, 0, 16);
        if (peer.ss_family == AF_INET) {
                memcpy(ret_address, mapped, sizeof(mapped));
                memcpy(ret_address + sizeof(mapped), &ipv4->sin_addr, 4);
        } else if (peer.ss_family == AF_INET6) {
                memcpy(ret_address, &ipv6->sin6_addr, 16);
        }
}

uint32_t peer_ipv4(int connection)
{
        uint8_t address[16];
        uint32_t ipv4;

        peer_ipv6(connection, address);
        memcpy(&ipv4, address + 12, sizeof(ipv4));
        return memcmp(address, mapped, sizeof(mapped)) == 0 ? ntohl(ipv4) : 0;
}

bool line_receive(int connection, char *line, size_t *length)
{
        ssize_t received = recv(connection, line + *length, LINE_SIZE - *length, 0);

        if (received <= 0)
                return received < 0 && errno == EINTR;
        *length += (size_t)received;
        return true;
}

bool line_take(char *line, size_t *length, char ret_text[LINE_SIZE])
{
        const char *newline = memchr(line, '\n', *length);
        size_t size = newline ? (size_t)(newline - line) : LINE_SIZE - 1;
        size_t taken = newline ? size + 1 : size;

        if (!newline && *length < LINE_SIZE)
                return false;
        memcpy(ret_text, line, size);
        ret_text[size] = '\0';
        *length -= taken;
        memmove(line, line + taken, *length);
        return true;
}

static bool send_all(int connection, const char *bytes, size_t size_bytes)
{
        while (size_bytes > 0) {
                ssize_t sent = send(connection, bytes, size_bytes, MSG_NOSIGNAL);

                if (sent < 0 && errno != EINTR)
                        return false;
                if (sent > 0) {
                        bytes += sent;
                        size_bytes -= (size_t)sent;
                }
        }
        return true;
}

bool send_line(int connection, const char *format, ...)
{
        char text[2 * LINE_SIZE];
        va_list arguments;
        int size;

        va_start(arguments, format);
        size = vsnprintf(text, sizeof(text) - 1, format, arguments);
        va_end(arguments);
        if (size < 0)
                return false;
        if ((size_t)size > sizeof(text) - 2)
                size = (int)sizeof(text) - 2;
        text[size] = '\n';
        return send_all(connection, text, (size_t)size + 1);
}
