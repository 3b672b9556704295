/* SPDX-License-Identifier: MIT */
/*
 * The second release: its state as state/chat_v2.proto has it, and the hop from v1.
 */
#include "release.h"

#include <string.h>

#include "chat_v2.ekiden.h"
#include "state.h"
#include "transformers/hops.h"

const struct release release = {.version = 2, .has_join_times = true};

static uint64_t count_rooms(void *data)
{
        struct server *server = data;

        return server->room_count;
}

static int export_room(Chat__V2__Room *record, struct ekiden_cursor *cursor, void *data)
{
        struct room *room = state_next_room(data, cursor);

        if (!room)
                return 0;
        record->name = room->name;
        record->has_sequence = 1;
        record->sequence = (uint32_t)room->sequence;
        return 1;
}

static int import_room(const Chat__V2__Room *record, struct ekiden_cursor *cursor, void *data)
{
        const struct room_record room = {
                .name = record->name,
                .sequence = record->sequence,
        };

        return state_take_room(data, cursor, &room);
}

static const struct chat_v2_rooms_functions room_functions = {
        .count = count_rooms,
        .export_record = export_room,
        .import_record = import_room,
};

static uint64_t count_members(void *data)
{
        struct server *server = data;

        return server->member_count;
}

static int export_member(Chat__V2__Member *record, struct ekiden_cursor *cursor, void *data)
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
        record->has_joined_at = member->joined_at > 0;
        record->joined_at = member->joined_at;
        return 1;
}

static int import_member(const Chat__V2__Member *record, struct ekiden_cursor *cursor, void *data)
{
        const struct member_record member = {
                .id = record->id,
                .connection = record->connection,
                .nick = record->nick,
                .room = record->room,
                .input = record->input,
                .output = record->output,
                .leaving = record->leaving,
                .joined_at = record->joined_at,
        };

        return state_take_member(data, cursor, &member);
}

static const struct chat_v2_members_functions member_functions = {
        .count = count_members,
        .export_record = export_member,
        .import_record = import_member,
};

static int export_message(Chat__V2__Message *record, struct ekiden_cursor *cursor, void *data)
{
        struct message *message = state_next_message(data, cursor);

        if (!message)
                return 0;
        record->room = message->room->name;
        record->has_sequence = 1;
        record->sequence = (uint32_t)message->sequence;
        if (message->author[0])
                record->author = message->author;
        record->has_text = 1;
        record->text = state_bytes(message->text, strlen(message->text));
        return 1;
}

static int import_message(const Chat__V2__Message *record, struct ekiden_cursor *cursor, void *data)
{
        const struct message_record message = {
                .room = record->room,
                .sequence = record->sequence,
                .author = record->author ? record->author : "",
                .text = record->text,
        };

        return state_take_message(data, cursor, &message);
}

static const struct chat_v2_messages_functions message_functions = {
        .export_record = export_message,
        .import_record = import_message,
};

int release_start(int argc, char **argv, struct ekiden_error *error)
{
        ekiden_add_hop(&chat_v1_to_v2);
        return ekiden_start(argc, argv, &chat_v2, error);
}

int release_tag(struct server *server)
{
        int result, began = ekiden_tag_descriptor("listener", &server->listener);

        if (began < 0)
                return began;
        if ((result = ekiden_tag_uint64("next_member", &server->next_member)) < 0 ||
            (result = chat_v2_tag_rooms(&room_functions, server)) < 0 ||
            (result = chat_v2_tag_members(&member_functions, server)) < 0 ||
            (result = chat_v2_tag_messages(&message_functions, server)) < 0)
                return result;
        return began;
}
