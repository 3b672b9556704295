/* SPDX-License-Identifier: MIT */
/*
 * Reading and writing. The loop only says when a connection is ready; recv() and send() are called
 * here and return at once. So between two callbacks there is nothing on its way that only the loop
 * knows of: all that arrived is in `input` or was acted upon, all that must go is in `output`.
 */
#include "connection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "command.h"
#include "reply.h"
#include "server.h"

#define RECEIVE_ROOM (UINT64_C(64) << 10)

static void on_ready(uv_poll_t *poll, int status, int events);

void connection_enter(struct connection *connection, struct server *server)
{
        connection->server = server;
        TAILQ_INSERT_TAIL(&server->connections, connection, in_server);
        server->connection_count++;
}

void connection_withdraw(struct connection *connection)
{
        TAILQ_REMOVE(&connection->server->connections, connection, in_server);
        connection->server->connection_count--;
}

void connection_watch(struct connection *connection)
{
        int events = 0;

        if (connection->doomed)
                return;
        if (!connection->leaving && connection->input.size < INPUT_MAX)
                events |= UV_READABLE;
        if (connection->output.size > 0)
                events |= UV_WRITABLE;
        if (events == 0) {
                connection_doom(connection, NULL);
                return;
        }
        if (!connection->has_poll) {
                if (uv_poll_init(connection->server->loop, &connection->poll,
                                 connection->descriptor) < 0) {
                        connection_doom(connection, "cannot be polled");
                        return;
                }
                connection->poll.data = connection;
                connection->has_poll = true;
        }
        if (events != connection->watched) {
                connection->watched = events;
                if (uv_poll_start(&connection->poll, events, on_ready) < 0)
                        connection_doom(connection, "cannot be polled");
        }
}

/* Who does not take replies is not attended to, and who sends on all the same is not heard. */
static bool may_run(const struct connection *connection)
{
        return !connection->leaving && !connection->doomed && connection->output.size < OUTPUT_MAX;
}

static void refuse(struct connection *connection, const char *sentence)
{
        reply_error(connection, "ERR %s", sentence);
        connection_leave(connection);
}

static void run_requests(struct connection *connection)
{
        struct request *request = &connection->request;
        struct buffer *input = &connection->input;

        while (may_run(connection) && input->size > 0) {
                const char *sentence;

                switch (request_parse(request, buffer_first(input), input->size, &sentence)) {
                case REQUEST_INCOMPLETE:
                        return;
                case REQUEST_BROKEN:
                        refuse(connection, sentence);
                        return;
                case REQUEST_NO_MEMORY:
                        connection_doom(connection, "memory ran out");
                        return;
                case REQUEST_DONE:
                        if (request->count > 0)
                                command_run(connection, request->arguments, request->count);
                        if (connection->leaving)
                                return;
                        buffer_consume(input, request->position);
                        request_reset(request);
                }
        }
}

static void flush_output(struct connection *connection)
{
        struct buffer *output = &connection->output;

        while (output->size > 0 && !connection->doomed) {
                ssize_t sent = send(connection->descriptor, buffer_first(output), output->size,
                                    MSG_NOSIGNAL | MSG_DONTWAIT);

                if (sent >= 0)
                        buffer_consume(output, (size_t)sent);
                else if (errno == EAGAIN || errno == EWOULDBLOCK)
                        break;
                else if (errno != EINTR)
                        connection_doom(connection, NULL);
        }
}

/* Attends to all that waits, as long as the replies are taken. */
static void attend(struct connection *connection)
{
        bool waits;

        do {
                run_requests(connection);
                waits = connection->output.size >= OUTPUT_MAX;
                flush_output(connection);
        } while (waits && may_run(connection));
        connection_watch(connection);
}

static void receive_input(struct connection *connection)
{
        struct buffer *input = &connection->input;
        uint8_t *room = buffer_room(input, RECEIVE_ROOM);
        ssize_t received;

        if (!room) {
                connection_doom(connection, "memory ran out");
                return;
        }
        received = recv(connection->descriptor, room, RECEIVE_ROOM, MSG_DONTWAIT);
        if (received > 0) {
                input->size += (size_t)received;
        } else if (received == 0) {
                run_requests(connection);
                connection_leave(connection);
        } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
                connection_doom(connection, NULL);
        }
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
        struct connection *connection = poll->data;

        if (status < 0) {
                connection_doom(connection, NULL); /* the connection was reset */
                return;
        }
        store_set_time(&connection->server->store);
        if ((events & UV_READABLE) && !connection->leaving)
                receive_input(connection);
        if (!connection->doomed)
                attend(connection);
}

void connection_say(struct connection *connection, const void *bytes, size_t size)
{
        if (connection->leaving || connection->doomed)
                return;
        if (size > REPLIES_MAX - connection->output.size)
                connection_doom(connection, "asks for more than it can be sent");
        else if (!buffer_append(&connection->output, bytes, size))
                connection_doom(connection, "memory ran out");
}

void connection_take_back(struct connection *connection, size_t size)
{
        if (connection->output.size > size)
                connection->output.size = size;
}

void connection_leave(struct connection *connection)
{
        connection->leaving = true;
        buffer_deinit(&connection->input);
}

void connection_doom(struct connection *connection, const char *reason)
{
        struct server *server = connection->server;

        if (connection->doomed)
                return;
        if (reason)
                fprintf(stderr, "kv: connection %llu is dropped: %s\n",
                        (unsigned long long)connection->id, reason);
        if (connection->has_poll)
                uv_poll_stop(&connection->poll);
        connection_withdraw(connection);
        connection->doomed = true;
        TAILQ_INSERT_TAIL(&server->doomed, connection, in_server);
}

static void on_closed(uv_handle_t *handle)
{
        free(handle->data);
}

void connection_bury(struct connection *connection)
{
        char ignored[4096];

        TAILQ_REMOVE(&connection->server->doomed, connection, in_server);
        buffer_deinit(&connection->input);
        buffer_deinit(&connection->output);
        request_deinit(&connection->request);
        free(connection->name);

        /* Unread input would make the kernel answer with a reset, which can overtake our last
         * words. */
        for (int i = 0; i < 16; i++)
                if (recv(connection->descriptor, ignored, sizeof(ignored), MSG_DONTWAIT) <= 0)
                        break;
        if (connection->has_poll)
                uv_close((uv_handle_t *)&connection->poll, on_closed);
        close(connection->descriptor);
        if (!connection->has_poll)
                free(connection);
}
