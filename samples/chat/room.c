/* SPDX-License-Identifier: MIT */
/*
 * Nobody's connection is closed in here: a member that cannot be spoken to any more is doomed and
 * stays in the room's list until the loop buries it. So a broadcast may go through the list in
 * peace, and never happens in the middle of another.
 */
#include "room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "member.h"
#include "server.h"

struct room *room_find(struct server *server, const char *name)
{
        struct room *room = TAILQ_FIRST(&server->rooms);

        while (room && strcmp(room->name, name) != 0)
                room = TAILQ_NEXT(room, in_server);
        return room;
}

struct room *room_new(struct server *server, const char name[NAME_SIZE])
{
        struct room *room = calloc(1, sizeof(*room));

        if (!room)
                return NULL;
        memcpy(room->name, name, NAME_SIZE);
        TAILQ_INIT(&room->members);
        TAILQ_INIT(&room->messages);
        TAILQ_INSERT_TAIL(&server->rooms, room, in_server);
        server->room_count++;
        return room;
}

static void forget_first(struct room *room)
{
        struct message *message = TAILQ_FIRST(&room->messages);

        TAILQ_REMOVE(&room->messages, message, in_room);
        room->message_count--;
        free(message);
}

static void room_free(struct server *server, struct room *room)
{
        TAILQ_REMOVE(&server->rooms, room, in_server);
        server->room_count--;
        while (room->message_count > 0)
                forget_first(room);
        free(room->topic);
        free(room);
}

void room_add(struct room *room, struct member *member)
{
        member->room = room;
        TAILQ_INSERT_TAIL(&room->members, member, in_room);
}

void room_enter(struct room *room, struct member *member)
{
        char text[NAME_SIZE + sizeof(" joined")];

        room_add(room, member);
        if (room->topic)
                member_say(member, "* the topic is: %s\n", room->topic);
        snprintf(text, sizeof(text), "%s joined", member->nick);
        room_broadcast(room, "", text);
}

void room_leave(struct member *member)
{
        struct room *room = member->room;
        char text[NAME_SIZE + sizeof(" left")];

        TAILQ_REMOVE(&room->members, member, in_room);
        member->room = NULL;
        if (TAILQ_EMPTY(&room->members)) {
                room_free(member->server, room);
                return;
        }
        snprintf(text, sizeof(text), "%s left", member->nick);
        room_broadcast(room, "", text);
}

void room_broadcast(struct room *room, const char *author, const char *text)
{
        uint64_t sequence = ++room->sequence;
        struct member *member = TAILQ_FIRST(&room->members);

        for (; member; member = TAILQ_NEXT(member, in_room)) {
                if (author[0])
                        member_say(member, "#%" PRIu64 " <%s> %s\n", sequence, author, text);
                else
                        member_say(member, "#%" PRIu64 " * %s\n", sequence, text);
        }
        room_remember(room, sequence, author, text, strlen(text));
}

bool room_set_topic(struct room *room, const char *topic)
{
        char *copy = topic ? strdup(topic) : NULL;

        if (topic && !copy)
                return false;
        free(room->topic);
        room->topic = copy;
        return true;
}

struct message *room_remember(struct room *room, uint64_t sequence, const char *author,
                              const char *text, size_t text_size)
{
        struct message *message = calloc(1, sizeof(*message) + text_size + 1);

        if (!message)
                return NULL;
        message->room = room;
        message->sequence = sequence;
        name_copy(message->author, author);
        memcpy(message->text, text, text_size);
        TAILQ_INSERT_TAIL(&room->messages, message, in_room);
        if (++room->message_count > ROOM_MESSAGES_MAX)
                forget_first(room);
        return message;
}
