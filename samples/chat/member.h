/* SPDX-License-Identifier: MIT */
/*
 * A member: a connection, who talks through it, the line that is arriving, and the bytes that the
 * other side did not take yet.
 */
#pragma once

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <uv.h>

#include "buffer.h"
#include "names.h"

#define LINE_SIZE 1024 /* bytes that a client's line may have, with its newline */
#define OUTPUT_MAX (4 * 1024 * 1024) /* bytes that wait for a slow reader before it is dropped */

struct room;
struct server;

struct member {
        TAILQ_ENTRY(member) in_server; /* among its members, or among its doomed */
        TAILQ_ENTRY(member) in_room;
        struct server *server;
        struct room *room;
        uint64_t id;
        int connection;
        char nick[NAME_SIZE];
        int64_t joined_at; /* seconds since 1970; 0: not known */
        char input[LINE_SIZE];
        size_t input_size;
        struct buffer output;
        bool leaving; /* goes when its output is out */
        bool doomed; /* will be buried by the loop */
        uv_poll_t poll;
        int watched; /* events that `poll` waits for */
};

/**
 * A new member, in no room yet, that is not listened to before member_watch().
 *
 * @param connection  non-blocking; consumed on success, the caller's on failure
 * @param nick        a name, or NULL: "guest" and the id
 * @return NULL: memory ran out, or the connection cannot be polled
 */
struct member *member_new(struct server *server, int connection, uint64_t id, const char *nick);

/** Tells the event loop what the member waits for now. */
void member_watch(struct member *member);

/** Says something to the member alone: at once, or as soon as it reads. */
void member_say(struct member *member, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/** Hears no more of the member, and lets it go when it has read what was said to it. */
void member_leave(struct member *member);

/** Gives the member up; the loop buries it. `reason` is logged; NULL: it went itself. */
void member_doom(struct member *member, const char *reason);

/** Takes a doomed member out of its room, closes its connection and frees it. */
void member_bury(struct member *member);

/** The address of its other side, "127.0.0.1:41234", or "?". */
const char *member_peer(const struct member *member, char ret_peer[32]);
