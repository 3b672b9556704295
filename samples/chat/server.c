/* SPDX-License-Identifier: MIT */
/*
 * Accepting connections, and letting go of those that have ended.
 */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "member.h"
#include "room.h"

#define FIRST_ROOM "lobby"
#define REST_MS 100 /* before the next try, when nobody can be accepted */
#define SEND_BUFFER (32 * 1024) /* bytes of the kernel's; what is more waits in `output` */

void server_init(struct server *server, uv_loop_t *loop)
{
        *server = (struct server){.loop = loop, .listener = -1, .next_member = 1};
        TAILQ_INIT(&server->rooms);
        TAILQ_INIT(&server->members);
        TAILQ_INIT(&server->doomed);
}

int server_listen(struct server *server, const char *port)
{
        struct sockaddr_in here = {.sin_family = AF_INET};
        socklen_t size = sizeof(here);
        int yes = 1;
        char *end;
        unsigned long number = strtoul(port, &end, 10);

        if (end == port || *end || number > 65535)
                return -EINVAL;
        here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        here.sin_port = htons((in_port_t)number);
        server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (server->listener < 0 ||
            setsockopt(server->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0 ||
            bind(server->listener, (struct sockaddr *)&here, sizeof(here)) < 0 ||
            listen(server->listener, SOMAXCONN) < 0 ||
            getsockname(server->listener, (struct sockaddr *)&here, &size) < 0)
                return -errno;
        printf("listening on 127.0.0.1:%u\n", (unsigned int)ntohs(here.sin_port));
        return 0;
}

static void welcome(struct server *server, int connection)
{
        char first_room[NAME_SIZE] = FIRST_ROOM;
        struct room *room = room_find(server, first_room);
        struct member *member = member_new(server, connection, server->next_member, NULL);

        if (!member) {
                close(connection);
                return;
        }
        server->next_member++;
        member->joined_at = time(NULL);
        if (!room)
                room = room_new(server, first_room);
        if (!room) {
                member_doom(member, "memory ran out");
                return;
        }
        member_say(member, "* welcome %s, you are in %s; /help lists the commands\n", member->nick,
                   room->name);
        room_enter(room, member);
        member_watch(member);
}

static void on_rested(uv_timer_t *timer);

/* Whoever waits makes the listener readable; without a rest the loop would spin. */
static void rest(struct server *server, const char *reason)
{
        if (!server->resting)
                fprintf(stderr, "chat: nobody more can be accepted: %s\n", reason);
        server->resting = true;
        uv_poll_stop(&server->poll);
        uv_timer_start(&server->rest, on_rested, REST_MS, 0);
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
        struct server *server = poll->data;
        int connection, buffer_size = SEND_BUFFER;

        (void)events;
        if (status < 0) {
                rest(server, uv_strerror(status));
                return;
        }
        connection = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (connection >= 0) {
                server->resting = false;
                setsockopt(connection, SOL_SOCKET, SO_SNDBUF, &buffer_size, sizeof(buffer_size));
                welcome(server, connection);
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

int server_watch(struct server *server)
{
        int result = uv_timer_init(server->loop, &server->rest);

        if (result == 0)
                result = uv_poll_init(server->loop, &server->poll, server->listener);
        server->rest.data = server->poll.data = server;
        return result < 0 ? result : uv_poll_start(&server->poll, UV_READABLE, on_connection);
}

static void bury_doomed(struct server *server)
{
        struct member *member;

        while ((member = TAILQ_FIRST(&server->doomed)))
                member_bury(member);
}

bool server_run(struct server *server)
{
        bool alive = uv_run(server->loop, UV_RUN_ONCE) != 0;

        bury_doomed(server);
        return alive;
}
