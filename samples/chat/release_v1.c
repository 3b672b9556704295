/* SPDX-License-Identifier: MIT */
/*
 * The first release: its state as state/chat_v1.proto has it. There, the author of a message is
 * part of its text.
 */
#include "release.h"

#include <stdio.h>
#include <string.h>

#include "chat_v1.ekiden.h"
#include "state.h"

const struct release release = {.version = 1, .has_join_times = false};

static uint64_t count_rooms(void *data)
{
        struct server *server = data;

        return server->room_count;
}

static int export_room(Chat__V1__Room *record, struct ekiden_cursor *cursor, void *data)
{
        struct room *room = state_next_room(data, cursor);

        if (!room)
                return 0;
        record->name = room->name;
        record->has_sequence = 1;
        record->sequence = (uint32_t)room->sequence;
        return 1;
}

static int import_room(const Chat__V1__Room *record, struct ekiden_cursor *cursor, void *data)
{
        const struct room_record room = {
                .name = record->name,
                .sequence = record->sequence,
        };

        return state_take_room(data, cursor, &room);
}

static const struct chat_v1_rooms_functions room_functions = {
        .count = count_rooms,
        .export_record = export_room,
        .import_record = import_room,
};

static uint64_t count_members(void *data)
{
        struct server *server = data;

        return server->member_count;
}

static int export_member(Chat__V1__Member *record, struct ekiden_cursor *cursor, void *data)
{
        struct member *member = state_next_member(data, cursor);
        char peer[32];

        if (!member)
                return 0;
        record->has_id = 1;
        record->id = member->id;
        record->has_connection = 1;
        record->connection = member->connection;
        record->nick = member->nick;
        record->room = member->room->name;
        record->has_input = 1;
        record->input = state_bytes(member->input, member->input_size);
        record->has_output = 1;
        record->output = state_bytes(buffer_first(&member->output), member->output.size);
        record->has_leaving = 1;
        record->leaving = member->leaving;
        record->peer = ekiden_cursor_printf(cursor, "%s", member_peer(member, peer));
        if (!record->peer)
                return EKIDEN_ENOMEM;
        return 1;
}

static int import_member(const Chat__V1__Member *record, struct ekiden_cursor *cursor, void *data)
{
        const struct member_record member = {
                .id = record->id,
                .connection = record->connection,
                .nick = record->nick,
                .room = record->room,
                .input = record->input,
                .output = record->output,
                .leaving = record->leaving,
        };

        return state_take_member(data, cursor, &member);
}

static const struct chat_v1_members_functions member_functions = {
        .count = count_members,
        .export_record = export_member,
        .import_record = import_member,
};

static int export_message(Chat__V1__Message *record, struct ekiden_cursor *cursor, void *data)
{
        struct message *message = state_next_message(data, cursor);
        char *text;

        if (!message)
                return 0;
        record->room = message->room->name;
        record->has_sequence = 1;
        record->sequence = (uint32_t)message->sequence;
        if (message->author[0])
                text = ekiden_cursor_printf(cursor, "<%s> %s", message->author, message->text);
        else
                text = ekiden_cursor_printf(cursor, "* %s", message->text);
        if (!text)
                return EKIDEN_ENOMEM;
        record->has_text = 1;
        record->text = state_bytes(text, strlen(text));
        return 1;
}

/* "<ann> good morning" or "* ann joined", taken apart again. */
static bool split_text(ProtobufCBinaryData *text, char ret_author[NAME_SIZE])
{
        const char *start = (const char *)text->data;
        const char *end = start ? memmem(start, text->len, "> ", 2) : NULL;
        size_t prefix = 2;

        ret_author[0] = '\0';
        if (end && start[0] == '<' && end - start <= NAME_SIZE) {
                prefix = (size_t)(end - start) + 2;
                snprintf(ret_author, NAME_SIZE, "%.*s", (int)prefix - 3, start + 1);
        } else if (!start || text->len < 2 || memcmp(start, "* ", 2) != 0) {
                return false;
        }
        text->data += prefix;
        text->len -= prefix;
        return true;
}

static int import_message(const Chat__V1__Message *record, struct ekiden_cursor *cursor, void *data)
{
        char author[NAME_SIZE];
        struct message_record message = {
                .room = record->room,
                .sequence = record->sequence,
                .author = author,
                .text = record->text,
        };

        if (!split_text(&message.text, author))
                return ekiden_cursor_refuse(cursor, "the message names nobody who said it");
        return state_take_message(data, cursor, &message);
}

static const struct chat_v1_messages_functions message_functions = {
        .export_record = export_message,
        .import_record = import_message,
};

int release_start(int argc, char **argv, struct ekiden_error *error)
{
        return ekiden_start(argc, argv, &chat_v1, error);
}

int release_tag(struct server *server)
{
        int result, began = ekiden_tag_descriptor("listener", &server->listener);

        if (began < 0)
                return began;
        if ((result = ekiden_tag_uint64("next_member", &server->next_member)) < 0 ||
            (result = chat_v1_tag_rooms(&room_functions, server)) < 0 ||
            (result = chat_v1_tag_members(&member_functions, server)) < 0 ||
            (result = chat_v1_tag_messages(&message_functions, server)) < 0)
                return result;
        return began;
}
