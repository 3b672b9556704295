/* SPDX-License-Identifier: MIT */
/*
 * A connection: what has come of its requests, and the replies that were not taken yet.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <uv.h>

#include "buffer.h"
#include "request.h"

#define INPUT_MAX (UINT64_C(1) << 30) /* bytes that wait for being attended to */
#define OUTPUT_MAX                                                                     \
        (UINT64_C(64) << 20) /* bytes of replies, from which no request is attended to \
                              */
#define REPLIES_MAX (UINT64_C(2) << 30) /* bytes, whatever one request asks for */

struct server;

struct connection {
        TAILQ_ENTRY(connection) in_server; /* among its connections, or among its doomed */
        struct server *server;
        uint64_t id;
        int descriptor;
        char *name; /* that the client gave itself; NULL: none */
        struct buffer input, output;
        struct request request; /* that is coming, at the front of `input` */
        bool leaving; /* goes when its output is out */
        bool doomed; /* will be buried by the loop */
        bool has_poll; /* `poll` is one of the loop's */
        uv_poll_t poll;
        int watched; /* events that `poll` waits for */
};

/** Puts a connection into the server, which owns it from now on. It makes no sound. */
void connection_enter(struct connection *connection, struct server *server);

/** Takes it out again, and owns it no more. */
void connection_withdraw(struct connection *connection);

/** Tells the event loop what the connection waits for now. It makes no sound, either. */
void connection_watch(struct connection *connection);

/** Adds to its replies. */
void connection_say(struct connection *connection, const void *bytes, size_t size);

/** Takes back replies: of those that wait to be sent, so many bytes stay. */
void connection_take_back(struct connection *connection, size_t size);

/** Hears no more of it, and lets it go when it has taken its replies. */
void connection_leave(struct connection *connection);

/** Gives it up; the loop buries it. `reason` is logged; NULL: it went itself. */
void connection_doom(struct connection *connection, const char *reason);

/** Closes a doomed one and frees it. */
void connection_bury(struct connection *connection);
