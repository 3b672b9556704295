/* SPDX-License-Identifier: MIT */
/*
 * Abacus counts the lines that its clients send, and answers each. This is its first release. Where
 * Ekiden comes in: the functions export_client(), import_client() and tag(), two calls in main(),
 * and the schema, state/abacus_v1.proto.
 */
#include "network.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <ekiden/ekiden.h>

#include "abacus_v1.ekiden.h"

#define CLIENTS_MAX 64

struct client {
        uint64_t id;
        int connection;
        uint64_t lines;
        uint32_t since; /* when it came, in seconds since 1970 */
};

struct abacus {
        Abacus__V1__Total total;
        struct client clients[CLIENTS_MAX];
        size_t client_count;
};

static int export_client(Abacus__V1__Client *record, struct ekiden_cursor *cursor, void *data)
{
        const struct abacus *abacus = data;
        const struct client *client = &abacus->clients[cursor->record];

        if (cursor->record == abacus->client_count)
                return 0;
        record->has_id = record->has_connection = record->has_lines = record->has_since = 1;
        record->id = client->id;
        record->connection = client->connection;
        record->lines = client->lines;
        record->since = client->since;
        return 1;
}

static int import_client(const Abacus__V1__Client *record, struct ekiden_cursor *cursor, void *data)
{
        struct abacus *abacus = data;

        if (abacus->client_count == CLIENTS_MAX)
                return ekiden_cursor_refuse(cursor, "there is no room for more than %d clients",
                                            CLIENTS_MAX);
        if (record->connection < 0)
                return ekiden_cursor_refuse(cursor, "the client has no connection");
        abacus->clients[abacus->client_count++] = (struct client){
                .id = record->id,
                .connection = record->connection,
                .lines = record->lines,
                .since = record->since,
        };
        return 0;
}

static const struct abacus_v1_clients_functions clients_functions = {
        .export_record = export_client,
        .import_record = import_client,
};

static int tag(struct abacus *abacus, const char *port)
{
        int began = abacus_v1_tag_total(&abacus->total);

        if (began == EKIDEN_FRESH) {
                abacus->total.listener = listen_on(port);
                if (abacus->total.listener < 0)
                        return EKIDEN_ESYSTEM;
        }
        return began < 0 ? began : abacus_v1_tag_clients(&clients_functions, abacus);
}

static bool count_line(struct abacus *abacus, struct client *client)
{
        char answer[256];

        abacus->total.lines++;
        client->lines++;
        snprintf(answer, sizeof(answer),
                 "v1: line %ju of client %ju, here since %ju s, %ju in all\n",
                 (uintmax_t)client->lines, (uintmax_t)client->id, (uintmax_t)client->since,
                 (uintmax_t)abacus->total.lines);
        return send_line(client->connection, answer);
}

static bool serve_client(struct abacus *abacus, struct client *client)
{
        char bytes[1024];
        ssize_t received = recv(client->connection, bytes, sizeof(bytes), 0);

        if (received <= 0)
                return received < 0 && (errno == EAGAIN || errno == EINTR);
        for (ssize_t i = 0; i < received; i++)
                if (bytes[i] == '\n' && !count_line(abacus, client))
                        return false;
        return true;
}

static void add_client(struct abacus *abacus)
{
        int connection = accept_client(abacus->total.listener);

        if (connection < 0)
                return;
        abacus->clients[abacus->client_count++] = (struct client){
                .id = ++abacus->total.clients,
                .connection = connection,
                .since = (uint32_t)time(NULL),
        };
}

static void remove_client(struct abacus *abacus, size_t index)
{
        close(abacus->clients[index].connection);
        abacus->clients[index] = abacus->clients[--abacus->client_count];
}

/* Waits until there is something to do, and does it. A signal that asks for an upgrade ends it. */
static void serve(struct abacus *abacus)
{
        struct pollfd polled[CLIENTS_MAX + 1];
        size_t count = abacus->client_count;

        for (size_t i = 0; i < count; i++)
                polled[i] = (struct pollfd){abacus->clients[i].connection, POLLIN, 0};
        polled[count] = (struct pollfd){abacus->total.listener, POLLIN, 0};
        if (poll(polled, (nfds_t)(count < CLIENTS_MAX ? count + 1 : count), -1) < 0)
                return;
        for (size_t i = count; i-- > 0;)
                if (polled[i].revents && !serve_client(abacus, &abacus->clients[i]))
                        remove_client(abacus, i);
        if (polled[count].revents)
                add_client(abacus);
}

int main(int argc, char **argv)
{
        struct abacus abacus = {.total = ABACUS__V1__TOTAL__INIT};
        struct ekiden_error error = {0};
        int result;

        setlinebuf(stdout);
        if (ekiden_start(argc, argv, &abacus_v1, &error) < 0) {
                fprintf(stderr, "abacus: %s\n", error.sentence);
                return ekiden_error_exit_status(error.code);
        }
        result = tag(&abacus, argc > 1 ? argv[1] : "7000");
        if (result < 0) {
                fprintf(stderr, "abacus: %s\n", ekiden_error_text(result));
                return ekiden_error_exit_status(result);
        }
        for (;;) {
                ekiden_update_point("serve");
                serve(&abacus);
        }
}
