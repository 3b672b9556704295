/* SPDX-License-Identifier: MIT */
/*
 * Records come from a predecessor, so they should be right; they are checked as if they came from
 * anybody. A refusal costs nothing: the predecessor serves on, and the operator reads why.
 */
#include "state.h"

#include <string.h>

struct room *state_next_room(struct server *server, struct ekiden_cursor *cursor)
{
        struct room *room = cursor->position;

        room = room ? TAILQ_NEXT(room, in_server) : TAILQ_FIRST(&server->rooms);
        cursor->position = room;
        return room;
}

struct member *state_next_member(struct server *server, struct ekiden_cursor *cursor)
{
        struct member *member = cursor->position;

        member = member ? TAILQ_NEXT(member, in_server) : TAILQ_FIRST(&server->members);
        cursor->position = member;
        return member;
}

struct message *state_next_message(struct server *server, struct ekiden_cursor *cursor)
{
        struct message *last = cursor->position;
        struct message *message = last ? TAILQ_NEXT(last, in_room) : NULL;
        struct room *room = last ? last->room : NULL;

        while (!message) {
                room = room ? TAILQ_NEXT(room, in_server) : TAILQ_FIRST(&server->rooms);
                if (!room)
                        return NULL;
                message = TAILQ_FIRST(&room->messages);
        }
        cursor->position = message;
        return message;
}

ProtobufCBinaryData state_bytes(const void *bytes, size_t size_bytes)
{
        return (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)bytes, .len = size_bytes};
}

int state_take_room(struct server *server, struct ekiden_cursor *cursor,
                    const struct room_record *record)
{
        char name[NAME_SIZE];
        struct room *room;

        if (!name_copy(name, record->name))
                return ekiden_cursor_refuse(cursor, "the room's name is none");
        if (room_find(server, name))
                return ekiden_cursor_refuse(cursor, "the room %s comes twice", name);
        room = room_new(server, name);
        if (!room)
                return EKIDEN_ENOMEM;
        room->sequence = record->sequence;
        if (record->topic.data) {
                room->topic = strndup((char *)record->topic.data, record->topic.len);
                if (!room->topic)
                        return EKIDEN_ENOMEM;
        }
        return 0;
}

int state_take_member(struct server *server, struct ekiden_cursor *cursor,
                      const struct member_record *record)
{
        char nick[NAME_SIZE], room_name[NAME_SIZE];
        struct room *room = NULL;
        struct buffer output = {0};
        struct member *member;

        if (ekiden_is_restored())
                return 0; /* a snapshot has the members, but not their connections */
        if (name_copy(room_name, record->room))
                room = room_find(server, room_name);
        if (!room)
                return ekiden_cursor_refuse(cursor, "the member is in a room that is not there");
        if (!name_copy(nick, record->nick) || record->connection < 0 ||
            record->input.len >= LINE_SIZE || record->output.len > OUTPUT_MAX)
                return ekiden_cursor_refuse(cursor, "the member has no name, no connection, or "
                                                    "more input or output than is allowed");
        if (!buffer_append(&output, record->output.data, record->output.len))
                return EKIDEN_ENOMEM;
        member = member_new(server, record->connection, record->id, nick);
        if (!member) {
                buffer_deinit(&output);
                return EKIDEN_ENOMEM;
        }
        member->output = output;
        member->joined_at = record->joined_at;
        member->leaving = record->leaving;
        member->input_size = record->input.len;
        if (record->input.len > 0)
                memcpy(member->input, record->input.data, record->input.len);
        room_add(room, member);
        member_watch(member);
        return 0;
}

int state_take_message(struct server *server, struct ekiden_cursor *cursor,
                       const struct message_record *record)
{
        char room_name[NAME_SIZE], author[NAME_SIZE];
        struct room *room = NULL;

        if (name_copy(room_name, record->room))
                room = room_find(server, room_name);
        if (!room)
                return ekiden_cursor_refuse(cursor, "the message is of a room that is not there");
        if (record->author[0] && !name_copy(author, record->author))
                return ekiden_cursor_refuse(cursor, "the message's author has no name");
        if (record->text.len > LINE_SIZE + NAME_SIZE)
                return ekiden_cursor_refuse(cursor, "the message is longer than a line");
        if (!room_remember(room, record->sequence, record->author,
                           record->text.data ? (char *)record->text.data : "", record->text.len))
                return EKIDEN_ENOMEM;
        return 0;
}
