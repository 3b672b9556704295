/* SPDX-License-Identifier: MIT */
/* See connection.h. */
#include "connection.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "measure.h"
#include "reply.h"
#include "request.h"

#define RETRY_NS UINT64_C(1000000)
#define OUT_MOST ((size_t)1 << 20) /* not yet with the kernel */
#define READ_SIZE ((size_t)256 << 10)

static void watch(struct connection *connection, int change)
{
        struct epoll_event event = {
                .events = EPOLLIN | (connection->waits_for_room ? EPOLLOUT : 0),
                .data.ptr = connection,
        };

        if (epoll_ctl(connection->load->epoll, change, connection->fd, &event) < 0)
                fail("epoll_ctl: %s", strerror(errno));
}

static void wait_for_room(struct connection *connection, bool wanted)
{
        if (connection->waits_for_room == wanted)
                return;
        connection->waits_for_room = wanted;
        watch(connection, EPOLL_CTL_MOD);
}

void connection_follow(struct connection *connection, uint64_t now_ns)
{
        if (connection->load->stopping || connection->quota == 0)
                return;
        connection->quota--;
        operations_add(&connection->operations, now_ns);
}

/* What was under way may or may not have been done. */
static void drop_what_is_under_way(struct connection *connection, uint64_t now_ns)
{
        struct operations *operations = &connection->operations;
        struct load *load = connection->load;

        for (; operations->first != operations->unsent; operations->first++) {
                const struct operation *operation = operations_at(operations, operations->first);

                if (operation->kind != OPERATION_READ)
                        ledger_doubt(load->ledger, operation->key, operation->version);
                load->lost++;
                timeline_failure(&load->timeline, now_ns);
                connection_follow(connection, now_ns);
        }
}

void connection_close(struct connection *connection, uint64_t now_ns)
{
        drop_what_is_under_way(connection, now_ns);
        if (connection->fd >= 0)
                close(connection->fd);
        connection->fd = -1;
        connection->state = CONNECTION_DOWN;
        connection->waits_for_room = false;
        connection->retry_ns = now_ns + RETRY_NS;
        connection->address =
                (connection->address + 1) % connection->load->settings->addresses.count;
        buffer_clear(&connection->in);
        buffer_clear(&connection->out);
}

static void become_up(struct connection *connection)
{
        if (connection->was_up)
                connection->load->reconnections++;
        connection->was_up = true;
        connection->state = CONNECTION_UP;
}

void connection_open(struct connection *connection, uint64_t now_ns)
{
        const struct addresses *addresses = &connection->load->settings->addresses;
        const struct sockaddr_in *address = &addresses->of[connection->address];
        int one = 1;

        connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (connection->fd < 0)
                fail("socket: %s", strerror(errno));
        setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        if (connect(connection->fd, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
            errno != EINPROGRESS) {
                connection_close(connection, now_ns);
                return;
        }
        connection->state = CONNECTION_ASKED;
        connection->waits_for_room = true;
        watch(connection, EPOLL_CTL_ADD);
}

void connection_retry(struct connection *connection, uint64_t now_ns)
{
        if (connection->state == CONNECTION_DOWN && now_ns >= connection->retry_ns)
                connection_open(connection, now_ns);
}

static bool flush(struct connection *connection, uint64_t now_ns)
{
        struct buffer *out = &connection->out;

        while (buffer_size(out) > 0) {
                ssize_t sent = send(connection->fd, out->data + out->begin, buffer_size(out),
                                    MSG_NOSIGNAL);

                if (sent < 0 && errno == EAGAIN)
                        break;
                if (sent < 0) {
                        connection_close(connection, now_ns);
                        return false;
                }
                buffer_take(out, (size_t)sent);
        }
        wait_for_room(connection, buffer_size(out) > 0);
        return true;
}

void connection_send(struct connection *connection, uint64_t now_ns)
{
        struct operations *operations = &connection->operations;
        struct load *load = connection->load;

        if (connection->state != CONNECTION_UP)
                return;
        while (operations_due(operations) > 0 && buffer_size(&connection->out) < OUT_MOST &&
               operations_under_way(operations) < load->settings->pipeline) {
                struct operation *operation = operations_at(operations, operations->unsent++);

                mix_draw(&load->mix, &connection->range, load->ledger, operation);
                request_write(load->ledger, operation, &connection->out);
        }
        if (buffer_size(&connection->out) > 0 && !connection->waits_for_room)
                flush(connection, now_ns);
}

/* A client that is told of an error looks for another server, as one that becomes a replica. */
static bool take_replies(struct connection *connection, uint64_t now_ns)
{
        struct operations *operations = &connection->operations;
        struct load *load = connection->load;
        struct buffer *in = &connection->in;
        struct reply reply;
        ssize_t taken;

        while ((taken = reply_parse(in->data + in->begin, buffer_size(in), &reply)) > 0) {
                const struct operation *operation = operations_at(operations, operations->first);

                if (operations_under_way(operations) == 0)
                        fail("the server answers what nobody asked");
                if (!request_take_reply(load, operation, &reply))
                        return false;
                timeline_success(&load->timeline, now_ns, operation->intended_ns);
                operations->first++;
                buffer_take(in, (size_t)taken);
                connection_follow(connection, now_ns);
        }
        if (taken < 0)
                fail("what the server says is not RESP2: %.*s",
                     (int)(buffer_size(in) < 40 ? buffer_size(in) : 40), in->data + in->begin);
        return true;
}

static void receive(struct connection *connection)
{
        char *room = buffer_reserve(&connection->in, READ_SIZE);
        ssize_t got = recv(connection->fd, room, READ_SIZE, 0);
        uint64_t now_ns = clock_ns();

        if (got < 0 && errno == EAGAIN)
                return;
        if (got <= 0) {
                connection_close(connection, now_ns);
                return;
        }
        buffer_grew(&connection->in, (size_t)got);
        if (!take_replies(connection, now_ns))
                connection_close(connection, now_ns);
        else
                connection_send(connection, now_ns);
}

void connection_event(struct connection *connection, uint32_t events)
{
        int error = 0;
        socklen_t error_size = sizeof(error);

        if (connection->state == CONNECTION_ASKED) {
                getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &error_size);
                if (error != 0) {
                        connection_close(connection, clock_ns());
                        return;
                }
                become_up(connection);
        }
        if (events & EPOLLOUT) {
                uint64_t now_ns = clock_ns();

                if (!flush(connection, now_ns))
                        return;
                connection_send(connection, now_ns);
        }
        if (connection->state == CONNECTION_UP && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
                receive(connection);
}

void connection_deinit(struct connection *connection)
{
        if (connection->fd >= 0)
                close(connection->fd);
        buffer_deinit(&connection->in);
        buffer_deinit(&connection->out);
        operations_deinit(&connection->operations);
}
