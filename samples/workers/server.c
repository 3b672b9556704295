/* SPDX-License-Identifier: MIT */
/* See server.h. */
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "command.h"

#define EVENTS 64

void server_add(struct server *server, struct client *client)
{
        client->next = server->clients;
        server->clients = client;
}

struct client *server_find(struct server *server, uint64_t id)
{
        struct client *client = server->clients;

        while (client && client->id != id)
                client = client->next;
        return client;
}

static bool watch(struct server *server, int descriptor, void *whom)
{
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = whom};

        return epoll_ctl(server->epoll, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

/* Where a connection takes no more, it says when it does again. */
static void await_room(struct server *server, struct client *client)
{
        bool is_awaited = client->output_size > 0;
        struct epoll_event event = {.events = EPOLLIN | (is_awaited ? EPOLLOUT : 0),
                                    .data.ptr = client};

        if (is_awaited != client->is_awaited)
                epoll_ctl(server->epoll, EPOLL_CTL_MOD, client->connection, &event);
        client->is_awaited = is_awaited;
}

bool server_watch(struct server *server)
{
        bool is_watched;

        fcntl(server->listener, F_SETFL, O_NONBLOCK); /* who came may have gone */
        server->epoll = epoll_create1(EPOLL_CLOEXEC);
        is_watched = server->epoll >= 0 && watch(server, server->listener, &server->listener) &&
                     watch(server, server->pool.signal, &server->pool);
        for (struct client *client = server->clients; client && is_watched; client = client->next) {
                is_watched = watch(server, client->connection, client);
                await_room(server, client);
        }
        return is_watched;
}

static void accept_one(struct server *server)
{
        const struct timespec moment = {.tv_nsec = 10000000};
        int connection = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
        struct client *client;

        if (connection < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
                nanosleep(&moment, NULL); /* there may be room for him later */
        if (connection < 0)
                return;
        client = client_new(server->next_id++, connection);
        if (!client)
                return;
        server_add(server, client);
        client->is_leaving = !watch(server, connection, client);
}

static void serve(struct server *server, struct client *client)
{
        char line[INPUT_MAX + 1];

        client_receive(client);
        while (!client->is_leaving && client_take_line(client, line))
                command(server, client, line);
}

static void tell_what_is_done(struct server *server)
{
        struct job *job;

        while ((job = pool_take_done(&server->pool))) {
                struct client *client = server_find(server, job->client);

                if (client)
                        command_tell(client, job);
                free(job);
        }
}

static void send_all(struct server *server)
{
        for (struct client **at = &server->clients; *at;) {
                struct client *client = *at;

                client_send(client);
                if (!client->is_leaving) {
                        await_room(server, client);
                        at = &client->next;
                        continue;
                }
                *at = client->next;
                pool_drop(&server->pool, client->id);
                /* Before it is closed: during an upgrade others have it open, too. */
                epoll_ctl(server->epoll, EPOLL_CTL_DEL, client->connection, NULL);
                client_free(client);
        }
}

void server_run(struct server *server)
{
        struct epoll_event events[EVENTS];
        int count = epoll_wait(server->epoll, events, EVENTS, -1);

        for (int i = 0; i < count; i++) {
                void *whom = events[i].data.ptr;

                if (whom == &server->listener)
                        accept_one(server);
                else if (whom == &server->pool)
                        tell_what_is_done(server);
                else
                        serve(server, whom);
        }
        if (count > 0)
                send_all(server);
}
