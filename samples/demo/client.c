/* SPDX-License-Identifier: MIT */
/*
 * Blocking sockets with a deadline.
 */
#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"

int client_connect_descriptor(unsigned int port)
{
        struct sockaddr_in there = {
                .sin_family = AF_INET,
                .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                .sin_port = htons((in_port_t)port),
        };
        int yes = 1;
        int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (connection < 0)
                return -1;
        if (connect(connection, (struct sockaddr *)&there, sizeof(there)) < 0 ||
            setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes)) < 0) {
                int error = errno;

                close(connection);
                errno = error;
                return -1;
        }
        return connection;
}

bool client_connect(struct client *client, unsigned int port)
{
        client->size = 0;
        client->connection = client_connect_descriptor(port);
        return client->connection >= 0;
}

bool client_send(struct client *client, const char *text)
{
        size_t left = strlen(text);

        while (left > 0) {
                ssize_t sent = send(client->connection, text, left, MSG_NOSIGNAL);

                if (sent < 0 && errno != EINTR)
                        return false;
                if (sent > 0) {
                        text += sent;
                        left -= (size_t)sent;
                }
        }
        return true;
}

static bool take_line(struct client *client, char *ret_line)
{
        char *newline = memchr(client->buffer, '\n', client->size);
        size_t length;

        if (!newline)
                return false;
        length = (size_t)(newline - client->buffer);
        memcpy(ret_line, client->buffer, length);
        ret_line[length] = '\0';
        client->size -= length + 1;
        memmove(client->buffer, newline + 1, client->size);
        return true;
}

/* 1: something may have come; 0: the connection ended; -1: nothing came in time. */
static int receive_more(struct client *client, uint64_t deadline_ns)
{
        struct pollfd ready = {.fd = client->connection, .events = POLLIN};
        uint64_t now = clock_ns();
        int wait_ms = now < deadline_ns ? (int)((deadline_ns - now) / 1000000) + 1 : 0;
        int result = poll(&ready, 1, wait_ms);
        ssize_t received;

        if (result <= 0)
                return result < 0 && errno == EINTR ? 1 : -1;
        received = recv(client->connection, client->buffer + client->size,
                        sizeof(client->buffer) - client->size, MSG_DONTWAIT);
        if (received < 0 && (errno == EAGAIN || errno == EINTR))
                return 1;
        if (received <= 0)
                return 0;
        client->size += (size_t)received;
        return 1;
}

bool client_receive(struct client *client, char *ret_line, unsigned int timeout_ms)
{
        uint64_t deadline = clock_ns() + timeout_ms * UINT64_C(1000000);

        ret_line[0] = '\0';
        while (!take_line(client, ret_line))
                if (client->size == sizeof(client->buffer) || receive_more(client, deadline) <= 0)
                        return false;
        return true;
}

bool client_expect(struct client *client, const char *line, char *ret_line)
{
        return client_receive(client, ret_line, CLIENT_TIMEOUT_MS) && strcmp(ret_line, line) == 0;
}

bool client_await(struct client *client, const char *part, char *ret_line)
{
        while (client_receive(client, ret_line, CLIENT_TIMEOUT_MS))
                if (strstr(ret_line, part))
                        return true;
        return false;
}

bool client_await_end(struct client *client)
{
        uint64_t deadline = clock_ns() + CLIENT_TIMEOUT_MS * UINT64_C(1000000);
        int result;

        while ((result = receive_more(client, deadline)) > 0)
                client->size = 0;
        return result == 0;
}

void client_close(struct client *client)
{
        if (client->connection >= 0)
                close(client->connection);
        client->connection = -1;
}
