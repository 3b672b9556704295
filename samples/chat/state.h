/* SPDX-License-Identifier: MIT */
/*
 * What the release_vN.c have in common: the order in which records leave, and the checks with which
 * they are taken in. Here a record is a plain struct, which each release fills from, and copies to,
 * the messages of its own schema.
 */
#pragma once

#include <ekiden/ekiden.h>

#include "member.h"
#include "room.h"
#include "server.h"

/** The next to be exported, NULL after the last. */
struct room *state_next_room(struct server *server, struct ekiden_cursor *cursor);
struct member *state_next_member(struct server *server, struct ekiden_cursor *cursor);
struct message *state_next_message(struct server *server, struct ekiden_cursor *cursor);

/** Text or input as a message's bytes, not copied. */
ProtobufCBinaryData state_bytes(const void *bytes, size_t size_bytes);

struct room_record {
        const char *name;
        uint64_t sequence;
        ProtobufCBinaryData topic; /* NULL: none */
};

struct member_record {
        uint64_t id;
        int connection;
        const char *nick, *room;
        int64_t joined_at;
        ProtobufCBinaryData input, output;
        bool leaving;
};

struct message_record {
        const char *room;
        uint64_t sequence;
        const char *author; /* "": the server itself */
        ProtobufCBinaryData text;
};

/* Each takes a record in: 0, or a negative EKIDEN_E… and nothing is taken. */
int state_take_room(struct server *server, struct ekiden_cursor *cursor,
                    const struct room_record *record);
int state_take_member(struct server *server, struct ekiden_cursor *cursor,
                      const struct member_record *record);
int state_take_message(struct server *server, struct ekiden_cursor *cursor,
                       const struct message_record *record);
