/* SPDX-License-Identifier: MIT */
/*
 * Reading and writing. The loop only says when a connection is ready; recv() and send() are called
 * here and return at once. So between two callbacks there is nothing on its way that only the loop
 * knows of: all that arrived is in `input` or was acted upon, all that must go is in `output`.
 */
#include "member.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "command.h"
#include "room.h"
#include "server.h"

static void on_ready(uv_poll_t *poll, int status, int events);

struct member *member_new(struct server *server, int connection, uint64_t id, const char *nick)
{
        struct member *member = calloc(1, sizeof(*member));

        if (!member)
                return NULL;
        if (uv_poll_init(server->loop, &member->poll, connection) < 0) {
                free(member);
                return NULL;
        }
        member->poll.data = member;
        member->server = server;
        member->connection = connection;
        member->id = id;
        if (!name_copy(member->nick, nick))
                snprintf(member->nick, sizeof(member->nick), "guest%u", (unsigned int)id);
        TAILQ_INSERT_TAIL(&server->members, member, in_server);
        server->member_count++;
        return member;
}

void member_watch(struct member *member)
{
        int events = member->leaving ? 0 : UV_READABLE;

        if (member->doomed)
                return;
        if (member->output.size > 0)
                events |= UV_WRITABLE;
        if (events == 0) {
                member_doom(member, NULL);
        } else if (events != member->watched) {
                member->watched = events;
                if (uv_poll_start(&member->poll, events, on_ready) < 0)
                        member_doom(member, "cannot be polled");
        }
}

static void flush_output(struct member *member)
{
        struct buffer *output = &member->output;

        while (output->size > 0) {
                ssize_t sent = send(member->connection, buffer_first(output), output->size,
                                    MSG_NOSIGNAL | MSG_DONTWAIT);

                if (sent >= 0) {
                        buffer_consume(output, (size_t)sent);
                } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
                        break;
                } else if (errno != EINTR) {
                        member_doom(member, NULL);
                        return;
                }
        }
        member_watch(member);
}

static void queue_output(struct member *member, const char *bytes, size_t size_bytes)
{
        bool idle = member->output.size == 0;

        if (member->output.size + size_bytes > OUTPUT_MAX)
                member_doom(member, "does not read");
        else if (!buffer_append(&member->output, bytes, size_bytes))
                member_doom(member, "memory ran out");
        else if (idle)
                flush_output(member);
}

void member_say(struct member *member, const char *format, ...)
{
        char line[LINE_SIZE + 128];
        va_list arguments;
        int size;

        if (member->leaving || member->doomed)
                return;
        va_start(arguments, format);
        size = vsnprintf(line, sizeof(line), format, arguments);
        va_end(arguments);
        if (size > 0 && (size_t)size < sizeof(line))
                queue_output(member, line, (size_t)size);
}

/* Nothing that a terminal would obey is passed on to others. */
static void clean_line(char *line, size_t size)
{
        for (size_t i = 0; i < size; i++)
                if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
                        line[i] = line[i] == '\t' ? ' ' : '?';
}

static void take_lines(struct member *member)
{
        char *next = member->input, *end = next + member->input_size, *newline;

        while (!member->leaving && !member->doomed &&
               (newline = memchr(next, '\n', (size_t)(end - next)))) {
                char *stop = newline > next && newline[-1] == '\r' ? newline - 1 : newline;

                clean_line(next, (size_t)(stop - next));
                *stop = '\0';
                command_run(member, next);
                next = newline + 1;
        }
        member->input_size = (size_t)(end - next);
        memmove(member->input, next, member->input_size);
        if (member->input_size == LINE_SIZE && !member->leaving) {
                member_say(member, "* your line is too long: %d bytes at most\n", LINE_SIZE);
                member_leave(member);
        }
}

static void receive_input(struct member *member)
{
        ssize_t received = recv(member->connection, member->input + member->input_size,
                                LINE_SIZE - member->input_size, MSG_DONTWAIT);

        if (received > 0) {
                member->input_size += (size_t)received;
                take_lines(member);
        } else if (received == 0) {
                member_leave(member);
        } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
                member_doom(member, NULL);
        }
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
        struct member *member = poll->data;

        if (status < 0) {
                member_doom(member, NULL); /* the connection was reset */
                return;
        }
        if ((events & UV_READABLE) && !member->leaving)
                receive_input(member);
        if ((events & UV_WRITABLE) && !member->doomed)
                flush_output(member);
}

void member_leave(struct member *member)
{
        member->leaving = true;
        member->input_size = 0;
        member_watch(member);
}

void member_doom(struct member *member, const char *reason)
{
        struct server *server = member->server;
        char peer[32];

        if (member->doomed)
                return;
        if (reason)
                fprintf(stderr, "chat: %s at %s is dropped: %s\n", member->nick,
                        member_peer(member, peer), reason);
        member->doomed = true;
        uv_poll_stop(&member->poll);
        TAILQ_REMOVE(&server->members, member, in_server);
        TAILQ_INSERT_TAIL(&server->doomed, member, in_server);
        server->member_count--;
}

static void on_closed(uv_handle_t *handle)
{
        free(handle->data);
}

void member_bury(struct member *member)
{
        char ignored[4096];

        TAILQ_REMOVE(&member->server->doomed, member, in_server);
        if (member->room)
                room_leave(member);
        buffer_deinit(&member->output);
        uv_close((uv_handle_t *)&member->poll, on_closed);

        /* Unread input would make the kernel answer with a reset, which can overtake our last
         * words. */
        for (int i = 0; i < 16; i++)
                if (recv(member->connection, ignored, sizeof(ignored), MSG_DONTWAIT) <= 0)
                        break;
        close(member->connection);
        member->connection = -1;
}

const char *member_peer(const struct member *member, char ret_peer[32])
{
        struct sockaddr_in peer = {0};
        socklen_t size = sizeof(peer);
        char address[INET_ADDRSTRLEN];

        if (getpeername(member->connection, (struct sockaddr *)&peer, &size) < 0)
                snprintf(ret_peer, 32, "?");
        else
                snprintf(ret_peer, 32, "%s:%u",
                         inet_ntop(AF_INET, &peer.sin_addr, address, sizeof(address)),
                         (unsigned int)ntohs(peer.sin_port));
        return ret_peer;
}
