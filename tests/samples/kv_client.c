/* SPDX-License-Identifier: MIT */
#include "kv_client.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "support.h"

const char *const kv_releases[3] = {KV_V1, KV_V2, KV_V3};

int kv_connect(void)
{
        int connection = client_connect_descriptor(service.port);

        cr_assert_geq(connection, 0, "nobody listens");
        return connection;
}

static void await_events(int connection, short events)
{
        struct pollfd polled = {.fd = connection, .events = events};

        cr_assert_eq(poll(&polled, 1, CLIENT_TIMEOUT_MS), 1, "nothing comes any more");
}

void kv_send(int connection, const void *bytes, size_t size)
{
        const char *next = bytes;

        while (size > 0) {
                ssize_t sent;

                await_events(connection, POLLOUT);
                sent = send(connection, next, size, MSG_NOSIGNAL | MSG_DONTWAIT);
                cr_assert_gt(sent, 0, "the connection is gone: %s", strerror(errno));
                next += sent;
                size -= (size_t)sent;
        }
}

void kv_say(int connection, const char *text)
{
        kv_send(connection, text, strlen(text));
}

void kv_receive(int connection, void *bytes, size_t size)
{
        char *next = bytes;

        while (size > 0) {
                ssize_t received;

                await_events(connection, POLLIN);
                received = recv(connection, next, size, 0);
                cr_assert_gt(received, 0, "the connection ended");
                next += received;
                size -= (size_t)received;
        }
}

void kv_expect(int connection, const char *reply)
{
        size_t size = strlen(reply);
        char *came = calloc(1, size + 1);

        for (size_t i = 0; i < size; i++) {
                kv_receive(connection, came + i, 1);
                cr_assert_eq(came[i], reply[i], "\"%s\" came, and not \"%s\"", came, reply);
        }
        free(came);
}

void kv_ask(int connection, const char *request, const char *reply)
{
        kv_say(connection, request);
        kv_expect(connection, reply);
}

void kv_expect_end(int connection)
{
        char byte;

        await_events(connection, POLLIN);
        cr_assert_eq(recv(connection, &byte, 1, 0), 0, "the connection did not end");
}

void kv_receive_line(int connection, char *line, size_t size)
{
        size_t used = 0;

        do {
                cr_assert_lt(used, size);
                kv_receive(connection, line + used, 1);
        } while (line[used++] != '\n');
        cr_assert(used > 1 && line[used - 2] == '\r');
        line[used - 2] = '\0';
}

void kv_receive_bulk(int connection, char *text, size_t size)
{
        char line[32];
        size_t length;

        kv_receive_line(connection, line, sizeof(line));
        cr_assert_eq(line[0], '$', "\"%s\" came instead of a bulk string", line);
        length = strtoul(line + 1, NULL, 10);
        cr_assert_lt(length, size);
        kv_receive(connection, text, length);
        text[length] = '\0';
        kv_expect(connection, "\r\n");
}

long long kv_ask_integer(int connection, const char *request)
{
        char line[64];

        kv_say(connection, request);
        kv_receive_line(connection, line, sizeof(line));
        cr_assert_eq(line[0], ':', "\"%s\" came instead of an integer", line);
        return strtoll(line + 1, NULL, 10);
}
