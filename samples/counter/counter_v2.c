/* SPDX-License-Identifier: MIT */
/*
 * The counter's second release: it keeps a client's address and port apart (counter_v2.h) and takes
 * over from v1 by transformers/counter_v1_to_v2.c.
 */
#include "network.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ekiden/ekiden.h>

#include "counter_v1_to_v2.hop.h"
#include "counter_v2.native.h"

static bool count_line(Clients *clients, Session *session, size_t length)
{
        char answer[LINE_SIZE + 128];

        clients->lines++;
        session->lines++;
        snprintf(answer, sizeof(answer), "v2: line %u of client %u, %u in all: %.*s\n",
                 session->lines, clients->accepted, clients->lines, (int)length,
                 (char *)session->partial.data);
        return send_text(session->connection, answer);
}

static bool take_lines(Clients *clients, Session *session)
{
        Bytes *partial = &session->partial;
        size_t length;

        while ((length = line_length(partial->data, partial->len)) > 0) {
                bool newline = partial->data[length - 1] == '\n';

                if (!count_line(clients, session, newline ? length - 1 : length))
                        return false;
                partial->len -= length;
                memmove(partial->data, partial->data + length, partial->len);
        }
        return true;
}

static bool receive(Clients *clients, Session *session)
{
        Bytes *partial = &session->partial;
        ssize_t received = recv(session->connection, partial->data + partial->len,
                                LINE_SIZE - partial->len, 0);

        if (received <= 0)
                return received < 0 && errno == EINTR;
        partial->len += (size_t)received;
        return take_lines(clients, session);
}

static void serve_client(Clients *clients, Session *session)
{
        uint8_t *room = realloc(session->partial.data, LINE_SIZE);

        if (room) {
                session->partial.data = room;
                do
                        ekiden_update_point("cl_loop");
                while (receive(clients, session));
        }
        printf("%s port %u sent %u lines\n", session->address ? session->address : "?",
               session->port, session->lines);
        close(session->connection);
        session->connection = -1;
}

static bool accept_one(Clients *clients, Session *session)
{
        struct sockaddr_in peer;

        session->connection = accept_client(clients->listener, &peer);
        if (session->connection < 0)
                return false;
        clients->accepted++;
        session->lines = 0;
        session->partial.len = 0;
        free(session->address);
        session->address = address_text(&peer);
        session->port = ntohs(peer.sin_port);
        return true;
}

static int tag(Clients *clients, Session *session, const char *port)
{
        int began = counter_v2_tag_clients(clients);

        if (began == EKIDEN_FRESH || ekiden_is_restored())
                clients->listener = listen_on(ekiden_is_rehearsal() ? "0" : port);
        return began < 0 ? began : counter_v2_tag_session(session);
}

int main(int argc, char **argv)
{
        Clients clients = {0};
        Session session = {.connection = -1};
        struct ekiden_error error = {0};
        int result;

        setlinebuf(stdout);
        ekiden_add_hop(&counter_v1_to_v2);
        if (ekiden_start(argc, argv, &counter_v2, &error) < 0) {
                fprintf(stderr, "counter: %s\n", error.sentence);
                return ekiden_error_exit_status(error.code);
        }
        result = tag(&clients, &session, argc > 1 ? argv[1] : "7000");
        if (result < 0) {
                fprintf(stderr, "counter: its state cannot be taken over: %s\n",
                        ekiden_error_text(result));
                return ekiden_error_exit_status(result);
        }
        if (ekiden_resumed_at("cl_loop"))
                serve_client(&clients, &session);
        for (;;) {
                ekiden_update_point("con_loop");
                if (accept_one(&clients, &session))
                        serve_client(&clients, &session);
        }
}
