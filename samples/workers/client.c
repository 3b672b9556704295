/* SPDX-License-Identifier: MIT */
/* See client.h. */
#include "client.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct client *client_new(uint64_t id, int connection)
{
        struct client *client = calloc(1, sizeof(*client));

        if (!client) {
                close(connection);
                return NULL;
        }
        client->id = id;
        client->connection = connection;
        return client;
}

void client_free(struct client *client)
{
        if (client->connection >= 0)
                close(client->connection);
        free(client->output);
        free(client);
}

void client_receive(struct client *client)
{
        ssize_t n = recv(client->connection, client->input + client->input_size,
                         sizeof(client->input) - client->input_size, MSG_DONTWAIT);

        if (n > 0)
                client->input_size += (size_t)n;
        else if (n == 0 || (errno != EAGAIN && errno != EINTR))
                client->is_leaving = true;
}

bool client_take_line(struct client *client, char ret_line[INPUT_MAX + 1])
{
        char *end = memchr(client->input, '\n', client->input_size);
        size_t length;

        if (!end) {
                if (client->input_size == sizeof(client->input)) {
                        client_say(client, "this line is too long");
                        client->input_size = 0;
                }
                return false;
        }
        length = (size_t)(end - client->input);
        memcpy(ret_line, client->input, length);
        if (length > 0 && ret_line[length - 1] == '\r')
                length--;
        ret_line[length] = '\0';
        client->input_size -= (size_t)(end + 1 - client->input);
        memmove(client->input, end + 1, client->input_size);
        return true;
}

bool client_put(struct client *client, const void *data, size_t size)
{
        char *grown;

        if (size == 0)
                return true;
        grown = realloc(client->output, client->output_size + size);
        if (!grown)
                return false;
        memcpy(grown + client->output_size, data, size);
        client->output = grown;
        client->output_size += size;
        return true;
}

void client_say(struct client *client, const char *format, ...)
{
        char line[INPUT_MAX + 256];
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(line, sizeof(line) - 1, format, arguments);
        va_end(arguments);
        strcat(line, "\n");
        if (client->output_size + strlen(line) > OUTPUT_MAX ||
            !client_put(client, line, strlen(line)))
                client->is_leaving = true;
}

void client_send(struct client *client)
{
        while (client->output_size > 0) {
                ssize_t n = send(client->connection, client->output, client->output_size,
                                 MSG_DONTWAIT | MSG_NOSIGNAL);

                if (n < 0) {
                        if (errno != EAGAIN && errno != EINTR)
                                client->is_leaving = true;
                        return;
                }
                client->output_size -= (size_t)n;
                memmove(client->output, client->output + n, client->output_size);
        }
}
