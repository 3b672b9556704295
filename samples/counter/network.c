/* SPDX-License-Identifier: MIT */
/*
 * Plain blocking sockets, as in any sequential server. Nothing here knows of upgrades: a signal
 * that asks for one makes accept() and recv() return with EINTR, and the caller's loop goes on.
 */
#include "network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static void complain(const char *what)
{
        fprintf(stderr, "counter: %s: %s\n", what, strerror(errno));
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

int accept_client(int listener, struct sockaddr_in *ret_peer)
{
        static const struct timespec a_second = {.tv_sec = 1};
        socklen_t size = sizeof(*ret_peer);
        int connection = accept4(listener, (struct sockaddr *)ret_peer, &size, SOCK_CLOEXEC);

        if (connection < 0 && errno != EINTR && errno != ECONNABORTED) {
                complain("nobody can be accepted");
                nanosleep(&a_second, NULL); /* a signal ends it early */
        }
        return connection;
}

char *address_text(const struct sockaddr_in *peer)
{
        char address[INET_ADDRSTRLEN];

        return strdup(inet_ntop(AF_INET, &peer->sin_addr, address, sizeof(address)));
}

char *peer_text(const struct sockaddr_in *peer)
{
        char address[INET_ADDRSTRLEN];
        char *text;

        inet_ntop(AF_INET, &peer->sin_addr, address, sizeof(address));
        if (asprintf(&text, "%s:%u", address, (unsigned int)ntohs(peer->sin_port)) < 0)
                return NULL;
        return text;
}

size_t line_length(const uint8_t *bytes, size_t size_bytes)
{
        const uint8_t *newline = memchr(bytes, '\n', size_bytes);

        if (newline)
                return (size_t)(newline - bytes) + 1;
        return size_bytes < LINE_SIZE ? 0 : LINE_SIZE;
}

bool send_text(int connection, const char *text)
{
        size_t left = strlen(text);

        while (left > 0) {
                ssize_t sent = send(connection, text, left, MSG_NOSIGNAL);

                if (sent < 0 && errno != EINTR)
                        return false;
                if (sent > 0) {
                        text += sent;
                        left -= (size_t)sent;
                }
        }
        return true;
}
