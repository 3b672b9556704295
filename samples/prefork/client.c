/* SPDX-License-Identifier: MIT */
/* See client.h. Connections do not block: a client that reads nothing keeps nobody waiting. */
#include "client.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

short client_events(const struct client *client)
{
        return client->output_size > 0 ? POLLOUT : POLLIN;
}

static bool is_for_later(ssize_t result)
{
        return result < 0 && (errno == EAGAIN || errno == EINTR);
}

static bool flush(struct client *client)
{
        ssize_t sent = send(client->connection, client->output, client->output_size, MSG_NOSIGNAL);

        if (sent < 0)
                return is_for_later(sent);
        client->output_size -= (size_t)sent;
        memmove(client->output, client->output + sent, client->output_size);
        return true;
}

static bool receive(struct client *client)
{
        ssize_t received = recv(client->connection, client->input + client->input_size,
                                sizeof(client->input) - client->input_size, 0);

        if (received <= 0)
                return is_for_later(received);
        client->input_size += (size_t)received;
        return true;
}

bool client_exchange(struct client *client)
{
        return client->output_size > 0 ? flush(client) : receive(client);
}

bool client_take_line(struct client *client, uint8_t ret_line[LINE_SIZE], size_t *ret_length)
{
        const uint8_t *newline = memchr(client->input, '\n', client->input_size);
        size_t taken;

        if (client->output_size > 0 || !newline)
                return false;
        *ret_length = (size_t)(newline - client->input);
        memcpy(ret_line, client->input, *ret_length);
        taken = *ret_length + 1;
        client->input_size -= taken;
        memmove(client->input, client->input + taken, client->input_size);
        return true;
}

bool client_answer(struct client *client, const char *format, ...)
{
        va_list arguments;
        int length;

        va_start(arguments, format);
        length = vsnprintf((char *)client->output, sizeof(client->output), format, arguments);
        va_end(arguments);
        if (length < 0 || (size_t)length >= sizeof(client->output))
                return false;
        client->lines++;
        client->output_size = (size_t)length;
        return flush(client);
}
