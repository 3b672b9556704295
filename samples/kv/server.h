/* SPDX-License-Identifier: MIT */
/*
 * The server: its listener, who is connected, and the store.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <uv.h>

#include "connection.h"
#include "store.h"

#define CONNECTIONS_MAX 10000

/** What crosses of the server itself. */
struct server_state {
        int listener; /* -1 before server_listen() */
        int64_t started_at; /* milliseconds since 1970 */
        uint64_t connections; /* that there were; the last one's id */
        uint64_t commands; /* that were run */
        struct store_counts store;
};

/** How far an export or an import has come, where the library's cursor has no room for it. */
struct walk {
        struct connection *connection; /* whose bytes are told */
        bool is_output;
        size_t offset; /* of those that were not told yet */
        struct entry *found; /* last, by its key */
};

struct server {
        struct server_state state;
        struct store store;
        uv_loop_t *loop;
        TAILQ_HEAD(, connection) connections;
        TAILQ_HEAD(, connection) doomed;
        uint32_t connection_count;
        uint16_t port;
        uv_poll_t poll;
        uv_timer_t rest; /* runs while `poll` does not, for accepting failed */
        uv_timer_t expire;
        bool resting; /* accepting failed the last time */
        struct walk walk; /* through the state, of an upgrade that is under way */
};

/** Everything empty: false if memory ran out. */
bool server_init(struct server *server, uv_loop_t *loop);

/**
 * Listens on 127.0.0.1, and prints where.
 *
 * @param port  in decimal; "0": the system chooses one
 * @return 0 or -errno
 */
int server_listen(struct server *server, const char *port);

/** Begins to serve those who are connected, and those who come: 0 or a negative error of libuv. */
int server_watch(struct server *server);

/**
 * Waits for something to happen and attends to it; closes the connections of those who were given
 * up on the way. False: nothing can happen any more.
 */
bool server_run(struct server *server);
