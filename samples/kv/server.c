/* SPDX-License-Identifier: MIT */
/*
 * Accepting connections, letting go of those that have ended, and removing what has expired.
 */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 511
#define REST_MS 100 /* before the next try, when nobody can be accepted */
#define EXPIRE_MS 100 /* between two looks for what has expired */

bool server_init(struct server *server, uv_loop_t *loop)
{
        *server = (struct server){.loop = loop, .state.listener = -1};
        TAILQ_INIT(&server->connections);
        TAILQ_INIT(&server->doomed);
        if (!store_init(&server->store, &server->state.store))
                return false;
        server->state.started_at = server->store.now_ms;
        return true;
}

static void note_port(struct server *server)
{
        struct sockaddr_in here = {0};
        socklen_t size = sizeof(here);

        if (getsockname(server->state.listener, (struct sockaddr *)&here, &size) == 0)
                server->port = ntohs(here.sin_port);
}

int server_listen(struct server *server, const char *port)
{
        struct sockaddr_in here = {.sin_family = AF_INET};
        char *end;
        unsigned long number = strtoul(port, &end, 10);
        int listener, yes = 1;

        if (end == port || *end || number > 65535)
                return -EINVAL;
        here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        here.sin_port = htons((in_port_t)number);
        listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (listener < 0)
                return -errno;
        server->state.listener = listener;
        if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0 ||
            bind(listener, (struct sockaddr *)&here, sizeof(here)) < 0 ||
            listen(listener, BACKLOG) < 0)
                return -errno;
        note_port(server);
        printf("listening on 127.0.0.1:%u\n", (unsigned int)server->port);
        return 0;
}

static void welcome(struct server *server, int descriptor)
{
        static const char full[] = "-ERR max number of clients reached\r\n";
        struct connection *connection = NULL;
        int yes = 1;

        if (server->connection_count >= CONNECTIONS_MAX) {
                if (send(descriptor, full, sizeof(full) - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
                        fprintf(stderr, "kv: a client beyond the last could not be told\n");
        } else if ((connection = calloc(1, sizeof(*connection)))) {
                setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
                connection->descriptor = descriptor;
                connection->id = server->state.connections + 1;
        }
        if (!connection) {
                close(descriptor);
                return;
        }
        server->state.connections++;
        connection_enter(connection, server);
        connection_watch(connection);
}

static void on_rested(uv_timer_t *timer);

/* Whoever waits makes the listener readable; without a rest the loop would spin. */
static void rest(struct server *server, const char *reason)
{
        if (!server->resting)
                fprintf(stderr, "kv: nobody more can be accepted: %s\n", reason);
        server->resting = true;
        uv_poll_stop(&server->poll);
        uv_timer_start(&server->rest, on_rested, REST_MS, 0);
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
        struct server *server = poll->data;
        int descriptor;

        (void)events;
        if (status < 0) {
                rest(server, uv_strerror(status));
                return;
        }
        descriptor = accept4(server->state.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor >= 0) {
                server->resting = false;
                welcome(server, descriptor);
        } else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
                rest(server, strerror(errno));
        }
}

static void on_rested(uv_timer_t *timer)
{
        struct server *server = timer->data;
        int result = uv_poll_start(&server->poll, UV_READABLE, on_connection);

        if (result < 0)
                rest(server, uv_strerror(result));
}

static void on_expire(uv_timer_t *timer)
{
        struct server *server = timer->data;

        store_set_time(&server->store);
        store_expire_some(&server->store);
}

int server_watch(struct server *server)
{
        struct connection *connection;
        int result;

        note_port(server);
        server->poll.data = server->rest.data = server->expire.data = server;
        if ((result = uv_timer_init(server->loop, &server->rest)) < 0 ||
            (result = uv_timer_init(server->loop, &server->expire)) < 0 ||
            (result = uv_timer_start(&server->expire, on_expire, EXPIRE_MS, EXPIRE_MS)) < 0 ||
            (result = uv_poll_init(server->loop, &server->poll, server->state.listener)) < 0 ||
            (result = uv_poll_start(&server->poll, UV_READABLE, on_connection)) < 0)
                return result;
        TAILQ_FOREACH(connection, &server->connections, in_server)
        connection_watch(connection);
        return 0;
}

bool server_run(struct server *server)
{
        bool alive = uv_run(server->loop, UV_RUN_ONCE) != 0;
        struct connection *connection;

        while ((connection = TAILQ_FIRST(&server->doomed)))
                connection_bury(connection);
        return alive;
}
