/* SPDX-License-Identifier: MIT */
/*
 * The registry's second release: no address may have more than a number of sessions.
 *
 *     registry-v2 [PORT]
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ekiden/ekiden.h>

#include "hops.h"
#include "registry_v2.native.h"

#define RELEASE "v2"

static const char *address_text(const struct session *session)
{
        static char text[INET_ADDRSTRLEN];
        const struct in_addr address = {htonl(session->visitor->address)};

        return inet_ntop(AF_INET, &address, text, sizeof(text));
}

/* Tells one session of one: of itself or of another. */
static bool describe(const struct session *to, const struct session *session)
{
        const struct service *service = &session->as.service;

        switch (session->role) {
        case ROLE_PROCESS:
                return send_line(to->connection, RELEASE ": session %u from %s is process %d",
                                 session->number, address_text(session), session->as.pid);
        case ROLE_SERVICE:
                return send_line(to->connection, RELEASE ": session %u from %s is service %s:%u",
                                 session->number, address_text(session), service->host,
                                 (unsigned int)service->port);
        default:
                return send_line(to->connection, RELEASE ": session %u from %s is not registered",
                                 session->number, address_text(session));
        }
}

static bool list(struct registry *registry, struct session *to)
{
        const struct session *session = NULL;

        while ((session = table_next(&registry->sessions, session)))
                if (!describe(to, session))
                        return false;
        return send_line(to->connection, RELEASE ": %zu sessions, %u of them from %s",
                         registry->sessions.size, to->visitor->sessions, address_text(to));
}

static bool answer_member(struct registry *registry, struct session *session, const char *line)
{
        if (strcmp(line, "list") == 0)
                return list(registry, session);
        if (strcmp(line, "leave") == 0)
                return false;
        return send_line(session->connection, RELEASE ": say list, or leave");
}

static bool answer_stranger(struct registry *registry, struct session *session, const char *line)
{
        struct service service = {0};

        (void)registry;
        if (sscanf(line, "process %d", &session->as.pid) == 1) {
                session->role = ROLE_PROCESS;
        } else if (sscanf(line, "service %63[a-z0-9.-] %hu", service.host, &service.port) == 2) {
                session->as.service = service;
                session->role = ROLE_SERVICE;
        } else {
                return send_line(session->connection,
                                 RELEASE ": say process PID, or service HOST PORT");
        }
        session->answer = answer_member;
        return describe(session, session);
}

const struct ekiden_function answer_functions[] = {
        EKIDEN_FUNCTION(answer_stranger),
        EKIDEN_FUNCTION(answer_member),
        {0},
};

const struct ekiden_function hash_functions[] = {
        EKIDEN_FUNCTION(hash_ip),
        EKIDEN_FUNCTION(hash_number),
        {0},
};

static struct visitor *visitor_from(struct registry *registry, int connection)
{
        uint32_t address = peer_ipv4(connection);
        struct visitor *visitor = table_find(&registry->visitors, &address);

        if (!visitor && (visitor = calloc(1, sizeof(*visitor)))) {
                visitor->address = address;
                table_insert(&registry->visitors, visitor);
        }
        return visitor;
}

static void forget_if_gone(struct registry *registry, struct visitor *visitor)
{
        if (visitor && visitor->sessions == 0) {
                table_remove(&registry->visitors, visitor);
                free(visitor);
        }
}

/* Takes it out of the table and ends it. */
static void discard(struct registry *registry, struct session *session)
{
        table_remove(&registry->sessions, session);
        if (session->connection >= 0)
                close(session->connection);
        free(session);
}

static void dismiss(struct registry *registry, struct session *session)
{
        session->visitor->sessions--;
        forget_if_gone(registry, session->visitor);
        discard(registry, session);
}

static void turn_away(struct registry *registry, struct visitor *visitor, int connection)
{
        send_line(connection, RELEASE ": there is no room for you");
        close(connection);
        forget_if_gone(registry, visitor);
}

static void admit(struct registry *registry, int connection)
{
        struct visitor *visitor = visitor_from(registry, connection);
        struct session *session;

        if (!visitor || registry->sessions.size == SESSIONS_MAX ||
            visitor->sessions >= registry->sessions_per_address ||
            !(session = calloc(1, sizeof(*session)))) {
                turn_away(registry, visitor, connection);
                return;
        }
        session->number = ++registry->admitted;
        session->connection = connection;
        session->answer = answer_stranger;
        session->visitor = visitor;
        visitor->sessions++;
        table_insert(&registry->sessions, session);
        if (!describe(session, session))
                dismiss(registry, session);
}

static void hear(struct registry *registry, struct session *session)
{
        char text[LINE_SIZE];
        bool stays = line_receive(session->connection, session->line, &session->length);

        while (stays && line_take(session->line, &session->length, text))
                stays = session->answer(registry, session, text);
        if (!stays)
                dismiss(registry, session);
}

/* Waits until somebody comes or says something, or until there is a signal. */
static void serve(struct registry *registry)
{
        struct pollfd polled[1 + SESSIONS_MAX] = {{registry->listener, POLLIN, 0}};
        struct session *sessions[1 + SESSIONS_MAX], *session = NULL;
        nfds_t count = 1;

        while ((session = table_next(&registry->sessions, session))) {
                sessions[count] = session;
                polled[count++] = (struct pollfd){session->connection, POLLIN, 0};
        }
        if (poll(polled, count, -1) < 0)
                return;
        for (nfds_t i = 1; i < count; i++)
                if (polled[i].revents)
                        hear(registry, sessions[i]);
        if (polled[0].revents) {
                int connection = accept_client(registry->listener);

                if (connection >= 0)
                        admit(registry, connection);
        }
}

/* How the entries of both tables leave, and how they come in. */

static struct visitor *next_visitor(struct visitor *previous, struct ekiden_cursor *cursor,
                                    void *data)
{
        struct registry *registry = data;

        (void)cursor;
        return table_next(&registry->visitors, previous);
}

static int insert_visitor(struct visitor *visitor, struct ekiden_cursor *cursor, void *data)
{
        struct registry *registry = data;

        if (table_find(&registry->visitors, &visitor->address))
                return ekiden_cursor_refuse(cursor, "an address comes twice");
        table_insert(&registry->visitors, visitor);
        return 0;
}

static struct session *next_session(struct session *previous, struct ekiden_cursor *cursor,
                                    void *data)
{
        struct registry *registry = data;

        (void)cursor;
        return table_next(&registry->sessions, previous);
}

static int insert_session(struct session *session, struct ekiden_cursor *cursor, void *data)
{
        struct registry *registry = data;
        struct session *old = table_find(&registry->sessions, &session->number);

        if (!session->visitor || !session->answer ||
            (session->connection < 0 && !ekiden_is_restored()) || session->length >= LINE_SIZE ||
            registry->sessions.size == SESSIONS_MAX)
                return ekiden_cursor_refuse(cursor, "session %u cannot be served", session->number);
        if (old) /* what comes again is what changed since */
                discard(registry, old);
        table_insert(&registry->sessions, session);
        return 0;
}

static const struct registry_v2_visitors_functions visitors = {
        .next = next_visitor,
        .insert = insert_visitor,
};

static const struct registry_v2_sessions_functions sessions = {
        .next = next_session,
        .insert = insert_session,
};

/* A snapshot has the sessions, but not their connections. */
static void dismiss_all(struct registry *registry)
{
        struct session *session;

        while ((session = table_next(&registry->sessions, NULL)))
                dismiss(registry, session);
}

static int tag(struct registry *registry, const char *port)
{
        int result, began = registry_v2_tag_registry(registry);

        if (began == EKIDEN_FRESH || ekiden_is_restored())
                registry->listener = listen_on(ekiden_is_rehearsal() ? "0" : port);
        if (began < 0 || (result = registry_v2_tag_visitors(&visitors, registry)) < 0)
                return began < 0 ? began : result;
        result = registry_v2_tag_sessions(&sessions, registry);
        if (result >= 0 && ekiden_is_restored())
                dismiss_all(registry);
        return result;
}

int main(int argc, char **argv)
{
        struct registry registry = {
                .sessions_per_address = 8,
                .visitors = TABLE(struct visitor, address, hash_ip),
                .sessions = TABLE(struct session, number, hash_number),
        };
        struct ekiden_error error = {0};
        int result;

        setlinebuf(stdout);
        add_hops();
        if (ekiden_start(argc, argv, &registry_v2, &error) < 0) {
                fprintf(stderr, "registry: %s\n", error.sentence);
                return ekiden_error_exit_status(error.code);
        }
        result = tag(&registry, argc > 1 ? argv[1] : "7000");
        if (result < 0) {
                fprintf(stderr, "registry: its state cannot be taken over: %s\n",
                        ekiden_error_text(result));
                return ekiden_error_exit_status(result);
        }
        for (;;) {
                ekiden_update_point("registry_loop");
                serve(&registry);
        }
}
