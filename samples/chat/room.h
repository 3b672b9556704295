/* SPDX-License-Identifier: MIT */
/*
 * Rooms: who is in them, and what was said. Every broadcast of a room has the next number of its
 * sequence, so that a client can tell whether anything is missing. A room ends with its last
 * member.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "names.h"

#define ROOM_MESSAGES_MAX 20 /* that a room remembers */

struct member;
struct server;

struct message {
        TAILQ_ENTRY(message) in_room;
        struct room *room;
        uint64_t sequence;
        char author[NAME_SIZE]; /* "": the server itself */
        char text[];
};

struct room {
        TAILQ_ENTRY(room) in_server;
        char name[NAME_SIZE];
        uint64_t sequence; /* of the last broadcast */
        char *topic; /* NULL: none */
        TAILQ_HEAD(, member) members;
        TAILQ_HEAD(, message) messages;
        size_t message_count;
};

/** The room of this name, or NULL. */
struct room *room_find(struct server *server, const char *name);

/** A new and empty room. NULL: memory ran out. */
struct room *room_new(struct server *server, const char name[NAME_SIZE]);

/** Puts a member that is in no room into one, without a word to anybody. */
void room_add(struct room *room, struct member *member);

/** The member joins, and all in the room are told. */
void room_enter(struct room *room, struct member *member);

/** The member leaves the room it is in, and all others are told. */
void room_leave(struct member *member);

/** Says something to all in the room. `author` is a nick; "": the server says it. */
void room_broadcast(struct room *room, const char *author, const char *text);

/** Sets what the room is about; NULL: nothing. False: memory ran out. */
bool room_set_topic(struct room *room, const char *topic);

/** Adds a message to those that the room remembers. NULL: memory ran out, and it is forgotten. */
struct message *room_remember(struct room *room, uint64_t sequence, const char *author,
                              const char *text, size_t text_size);
