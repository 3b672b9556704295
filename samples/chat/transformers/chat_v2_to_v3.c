/* SPDX-License-Identifier: MIT */
/*
 * From v2 to v3: sequence numbers get 64 bits, rooms start without a topic, and a member's `peer`
 * is left behind.
 */
#include "hops.h"

#include "chat_v2.ekiden.h"
#include "chat_v3.ekiden.h"

static int room_to_v3(const Chat__V2__Room *old, Chat__V3__Room *new_, struct ekiden_hop *hop)
{
        (void)hop;
        new_->name = old->name;
        new_->has_sequence = old->has_sequence;
        new_->sequence = old->sequence;
        return 0;
}
EKIDEN_TRANSFORMER(room_to_v3, Chat__V2__Room, Chat__V3__Room);

static int member_to_v3(const Chat__V2__Member *old, Chat__V3__Member *new_, struct ekiden_hop *hop)
{
        (void)hop;
        new_->has_id = old->has_id;
        new_->id = old->id;
        new_->has_connection = old->has_connection;
        new_->connection = old->connection;
        new_->nick = old->nick;
        new_->room = old->room;
        new_->has_input = old->has_input;
        new_->input = old->input;
        new_->has_output = old->has_output;
        new_->output = old->output;
        new_->has_leaving = old->has_leaving;
        new_->leaving = old->leaving;
        new_->has_joined_at = old->has_joined_at;
        new_->joined_at = old->joined_at;
        return 0;
}
EKIDEN_TRANSFORMER(member_to_v3, Chat__V2__Member, Chat__V3__Member);

static int message_to_v3(const Chat__V2__Message *old, Chat__V3__Message *new_,
                         struct ekiden_hop *hop)
{
        (void)hop;
        new_->room = old->room;
        new_->has_sequence = old->has_sequence;
        new_->sequence = old->sequence;
        new_->author = old->author;
        new_->has_text = old->has_text;
        new_->text = old->text;
        return 0;
}
EKIDEN_TRANSFORMER(message_to_v3, Chat__V2__Message, Chat__V3__Message);

static const struct ekiden_transformer transformers[] = {
        {"members", "members", member_to_v3_transformer},
        {"messages", "messages", message_to_v3_transformer},
        {"rooms", "rooms", room_to_v3_transformer},
};

const struct ekiden_hop_table chat_v2_to_v3 = {
        .from = &chat_v2,
        .to = &chat_v3,
        .transformers = transformers,
        .transformer_count = sizeof(transformers) / sizeof(transformers[0]),
};
