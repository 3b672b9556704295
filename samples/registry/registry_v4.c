/* SPDX-License-Identifier: MIT */
/*
 * The registry's fourth release: addresses are of IPv6, and sessions may have a name.
 *
 *     registry-v4 [PORT]
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ekiden/ekiden.h>

#include "hops.h"
#include "registry_v4.native.h"

#define RELEASE "v4"

static const char *address_text(const struct session *session)
{
        static char text[INET6_ADDRSTRLEN];

        return inet_ntop(AF_INET6, session->visitor->address, text, sizeof(text));
}

static const char *name_text(const struct session *session)
{
        static char text[LINE_SIZE + 4];

        if (!session->name)
                return "";
        snprintf(text, sizeof(text), "(%s) ", session->name);
        return text;
}

/* Tells one session of one: of itself or of another. */
static bool describe(const struct session *to, const struct session *session)
{
        const struct service *service = &session->as.service;

        switch (session->role) {
        case ROLE_PROCESS:
                return send_line(to->output, RELEASE ": session %u %sfrom %s is process %d",
                                 session->number, name_text(session), address_text(session),
                                 session->as.pid);
        case ROLE_SERVICE:
                return send_line(to->output, RELEASE ": session %u %sfrom %s is service %s:%u",
                                 session->number, name_text(session), address_text(session),
                                 service->host, (unsigned int)service->port);
        default:
                return send_line(to->output, RELEASE ": session %u %sfrom %s is not registered",
                                 session->number, name_text(session), address_text(session));
        }
}

static bool list(struct registry *registry, struct session *to)
{
        const struct session *session = NULL;

        while ((session = table_next(&registry->sessions, session)))
                if (!describe(to, session))
                        return false;
        return send_line(to->output, RELEASE ": %zu sessions, %u of them from %s",
                         registry->sessions.size, to->visitor->sessions, address_text(to));
}

/* From now on it only hears who registers. */
static bool listen_to_news(struct session *session)
{
        close(session->input);
        session->input = -1;
        session->length = 0;
        return send_line(session->output, RELEASE ": session %u listens", session->number);
}

static void tell_listeners(struct registry *registry, const struct session *news)
{
        const struct session *session = NULL;

        while ((session = table_next(&registry->sessions, session)))
                if (session->input < 0)
                        describe(session, news);
}

static bool rename_session(struct session *session, const char *name)
{
        size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz");
        char *copy = length > 0 && name[length] == '\0' ? strdup(name) : NULL;

        if (!copy)
                return send_line(session->output, RELEASE ": a name is of small letters");
        free(session->name);
        session->name = copy;
        return describe(session, session);
}

static bool answer_member(struct registry *registry, struct session *session, const char *line)
{
        if (strcmp(line, "list") == 0)
                return list(registry, session);
        if (strcmp(line, "listen") == 0)
                return listen_to_news(session);
        if (strncmp(line, "name ", 5) == 0)
                return rename_session(session, line + 5);
        if (strcmp(line, "leave") == 0)
                return false;
        return send_line(session->output, RELEASE ": say list, listen, name NAME, or leave");
}

static bool answer_stranger(struct registry *registry, struct session *session, const char *line)
{
        struct service service = {0};

        if (sscanf(line, "process %d", &session->as.pid) == 1) {
                session->role = ROLE_PROCESS;
        } else if (sscanf(line, "service %63[a-z0-9.-] %hu", service.host, &service.port) == 2) {
                session->as.service = service;
                session->role = ROLE_SERVICE;
        } else {
                return send_line(session->output,
                                 RELEASE ": say process PID, or service HOST PORT");
        }
        session->answer = answer_member;
        tell_listeners(registry, session);
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
        uint8_t address[16];
        struct visitor *visitor;

        peer_ipv6(connection, address);
        visitor = table_find(&registry->visitors, address);
        if (!visitor && (visitor = calloc(1, sizeof(*visitor)))) {
                memcpy(visitor->address, address, sizeof(address));
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
        if (session->input >= 0)
                close(session->input);
        if (session->output >= 0)
                close(session->output);
        free(session->name);
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
        int output = fcntl(connection, F_DUPFD_CLOEXEC, 0);
        struct session *session;

        if (!visitor || output < 0 || registry->sessions.size == SESSIONS_MAX ||
            visitor->sessions >= registry->sessions_per_address ||
            !(session = calloc(1, sizeof(*session)))) {
                turn_away(registry, visitor, connection);
                if (output >= 0)
                        close(output);
                return;
        }
        session->number = ++registry->admitted;
        session->input = connection;
        session->output = output;
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
        bool stays = session->input >= 0 &&
                     line_receive(session->input, session->line, &session->length);

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
                if (session->input >= 0)
                        polled[count++] = (struct pollfd){session->input, POLLIN, 0};
                else
                        polled[count++] = (struct pollfd){session->output, POLLRDHUP, 0};
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

        if (table_find(&registry->visitors, visitor->address))
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
            (session->output < 0 && !ekiden_is_restored()) || session->length >= LINE_SIZE ||
            registry->sessions.size == SESSIONS_MAX)
                return ekiden_cursor_refuse(cursor, "session %u cannot be served", session->number);
        if (old) /* what comes again is what changed since */
                discard(registry, old);
        table_insert(&registry->sessions, session);
        return 0;
}

static const struct registry_v4_visitors_functions visitors = {
        .next = next_visitor,
        .insert = insert_visitor,
};

static const struct registry_v4_sessions_functions sessions = {
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
        int result, began = registry_v4_tag_registry(registry);

        if (began == EKIDEN_FRESH || ekiden_is_restored())
                registry->listener = listen_on(ekiden_is_rehearsal() ? "0" : port);
        if (began < 0 || (result = registry_v4_tag_visitors(&visitors, registry)) < 0)
                return began < 0 ? began : result;
        result = registry_v4_tag_sessions(&sessions, registry);
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
        if (ekiden_start(argc, argv, &registry_v4, &error) < 0) {
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
