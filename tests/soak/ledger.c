/* SPDX-License-Identifier: MIT */
/*
 * The soak's server, in two versions that take over from each other, up and down:
 *
 *     put CLIENT NUMBER KEY VALUE   →  ok NUMBER COUNT
 *     sum CLIENT                    →  sum COUNT CHAIN VALUES
 *
 * Blocking sockets and poll(); an upgrade's signal ends poll() with EINTR.
 */
#include "ledger.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ekiden/ekiden.h>

#include "ledger_v1_to_v2.hop.h"
#include "ledger_v2_to_v1.hop.h"
#if VERSION == 1
#include "ledger_v1.native.h"
#define SCHEMA(name) ledger_v1##name
#else
#include "ledger_v2.native.h"
#define SCHEMA(name) ledger_v2##name
#endif

#define SESSIONS_MAX 256

static struct account *find_account(struct ledger *ledger, uint32_t client)
{
        struct account *account = ledger->accounts;

        while (account && account->client != client)
                account = account->next;
        return account;
}

static struct account *open_account(struct ledger *ledger, uint32_t client)
{
        struct account *account = find_account(ledger, client);

        if (!account && (account = calloc(1, sizeof(*account)))) {
                account->client = client;
                account->next = ledger->accounts;
                ledger->accounts = account;
        }
        return account;
}

static bool send_all(int connection, const char *bytes, size_t size)
{
        while (size > 0) {
                ssize_t sent = send(connection, bytes, size, MSG_NOSIGNAL);

                if (sent < 0 && errno != EINTR)
                        return false;
                if (sent > 0) {
                        bytes += sent;
                        size -= (size_t)sent;
                }
        }
        return true;
}

static bool put(struct ledger *ledger, struct session *session, uint32_t client, uint64_t number,
                uint64_t key, uint64_t value)
{
        struct account *account = open_account(ledger, client);
        char text[LEDGER_LINE];

        if (!account || key >= LEDGER_KEYS)
                return false;
        session->account = account;
        account->count++;
        account->chain = ledger_chain(account->chain, number, key, value);
        account->values[key] = value;
        ledger->writes++;
        snprintf(text, sizeof(text), "ok %" PRIu64 " %" PRIu64 "\n", number, account->count);
        return send_all(session->connection, text, strlen(text));
}

static bool sum(struct ledger *ledger, const struct session *session, uint32_t client)
{
        const struct account *account = find_account(ledger, client);
        char text[LEDGER_LINE];

        if (!account)
                return false;
        snprintf(text, sizeof(text), "sum %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", account->count,
                 account->chain, ledger_sum(account->values));
        return send_all(session->connection, text, strlen(text));
}

static bool answer(struct ledger *ledger, struct session *session, const char *line)
{
        uint32_t client;
        uint64_t number, key, value;

        if (sscanf(line, "put %" SCNu32 " %" SCNu64 " %" SCNu64 " %" SCNu64, &client, &number, &key,
                   &value) == 4)
                return put(ledger, session, client, number, key, value);
        if (sscanf(line, "sum %" SCNu32, &client) == 1)
                return sum(ledger, session, client);
        return false;
}

/* False: the client is gone, or says what nobody understands. */
static bool hear(struct ledger *ledger, struct session *session)
{
        ssize_t received = recv(session->connection, session->line + session->length,
                                sizeof(session->line) - session->length, 0);
        char *newline;

        if (received <= 0)
                return received < 0 && errno == EINTR;
        session->length += (size_t)received;
        ledger->bytes += (uint64_t)received;
        while ((newline = memchr(session->line, '\n', session->length))) {
                size_t size = (size_t)(newline + 1 - session->line);

                *newline = '\0';
                if (!answer(ledger, session, session->line))
                        return false;
                session->length -= size;
                memmove(session->line, newline + 1, session->length);
        }
        return session->length < sizeof(session->line);
}

static void admit(struct ledger *ledger)
{
        static uint64_t number;
        int connection = accept4(ledger->listener, NULL, NULL, SOCK_CLOEXEC);
        struct session *session = connection < 0 ? NULL : calloc(1, sizeof(*session));

        if (!session) {
                if (connection >= 0)
                        close(connection);
                return;
        }
        setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        session->connection_number =
                ++number + (ledger->sessions ? ledger->sessions->connection_number : 0);
        session->connection = connection;
        session->next = ledger->sessions;
        ledger->sessions = session;
}

static void dismiss(struct ledger *ledger, struct session *session)
{
        struct session **place = &ledger->sessions;

        while (*place != session)
                place = &(*place)->next;
        *place = session->next;
        close(session->connection);
        free(session);
}

static void serve(struct ledger *ledger)
{
        struct pollfd polled[1 + SESSIONS_MAX] = {{ledger->listener, POLLIN, 0}};
        struct session *sessions[1 + SESSIONS_MAX];
        nfds_t count = 1;

        for (struct session *session = ledger->sessions; session && count <= SESSIONS_MAX;
             session = session->next) {
                sessions[count] = session;
                polled[count++] = (struct pollfd){session->connection, POLLIN, 0};
        }
        if (poll(polled, count, -1) < 0)
                return;
        for (nfds_t i = 1; i < count; i++)
                if (polled[i].revents && !hear(ledger, sessions[i]))
                        dismiss(ledger, sessions[i]);
        if (polled[0].revents)
                admit(ledger);
}

static struct account *next_account(struct account *previous, struct ekiden_cursor *cursor,
                                    void *data)
{
        const struct ledger *ledger = data;

        (void)cursor;
        return previous ? previous->next : ledger->accounts;
}

/* To the end: so the order is the same after every leg. */
static int insert_account(struct account *account, struct ekiden_cursor *cursor, void *data)
{
        struct ledger *ledger = data;
        struct account **place = &ledger->accounts;

        (void)cursor;
        while (*place)
                place = &(*place)->next;
        account->next = NULL;
        *place = account;
        return 0;
}

static struct session *next_session(struct session *previous, struct ekiden_cursor *cursor,
                                    void *data)
{
        const struct ledger *ledger = data;

        (void)cursor;
        return previous ? previous->next : ledger->sessions;
}

static int insert_session(struct session *session, struct ekiden_cursor *cursor, void *data)
{
        struct ledger *ledger = data;
        struct session **place = &ledger->sessions;

        if (session->connection < 0 || session->length >= sizeof(session->line))
                return ekiden_cursor_refuse(cursor, "a session cannot be served");
        while (*place)
                place = &(*place)->next;
        session->next = NULL;
        *place = session;
        return 0;
}

static const struct SCHEMA(_accounts_functions) accounts = {
        .next = next_account,
        .insert = insert_account,
};

static const struct SCHEMA(_sessions_functions) sessions = {
        .next = next_session,
        .insert = insert_session,
};

static int listen_anywhere(void)
{
        struct sockaddr_in here = {.sin_family = AF_INET};
        socklen_t size = sizeof(here);
        int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (listener < 0 || bind(listener, (struct sockaddr *)&here, sizeof(here)) < 0 ||
            listen(listener, SOMAXCONN) < 0 ||
            getsockname(listener, (struct sockaddr *)&here, &size) < 0)
                err(1, "cannot listen");
        printf("%u\n", (unsigned int)ntohs(here.sin_port));
        fflush(stdout);
        return listener;
}

static int tag(struct ledger *ledger)
{
        int result, began = SCHEMA(_tag_ledger)(ledger);

        if (began == EKIDEN_FRESH)
                ledger->listener = listen_anywhere();
        if (began < 0 || (result = SCHEMA(_tag_accounts)(&accounts, ledger)) < 0)
                return began < 0 ? began : result;
        return SCHEMA(_tag_sessions)(&sessions, ledger);
}

int main(int argc, char **argv)
{
        struct ledger ledger = {.listener = -1};
        struct ekiden_error error = {0};
        int result;

        ekiden_add_hop(&ledger_v1_to_v2);
        ekiden_add_hop(&ledger_v2_to_v1);
        if (ekiden_start(argc, argv, &SCHEMA(), &error) < 0)
                errx(ekiden_error_exit_status(error.code), "%s", error.sentence);
        result = tag(&ledger);
        if (result < 0)
                errx(ekiden_error_exit_status(result), "%s", ekiden_error_text(result));
        for (;;) {
                ekiden_update_point("ledger_loop");
                serve(&ledger);
        }
}
