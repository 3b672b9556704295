/* SPDX-License-Identifier: MIT */
/*
 * From v1 to v2: a message's author leaves its text, and members get a `joined_at`, which nobody
 * knows of those who are here already. Rooms are the same in both and need no transformer.
 */
#include "hops.h"

#include <string.h>

#include "chat_v1.ekiden.h"
#include "chat_v2.ekiden.h"

static int member_to_v2(const Chat__V1__Member *old, Chat__V2__Member *new_, struct ekiden_hop *hop)
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
        new_->peer = old->peer;
        return 0;
}
EKIDEN_TRANSFORMER(member_to_v2, Chat__V1__Member, Chat__V2__Member);

/* "<ann> good morning" has an author; "* ann joined" has none. */
static int split_text(ProtobufCBinaryData text, Chat__V2__Message *new_, struct ekiden_hop *hop)
{
        const char *start = (const char *)text.data;
        const char *end = start ? memmem(start, text.len, "> ", 2) : NULL;
        size_t prefix = 2;

        if (end && start[0] == '<') {
                new_->author = ekiden_hop_printf(hop, "%.*s", (int)(end - start - 1), start + 1);
                if (!new_->author)
                        return EKIDEN_ENOMEM;
                prefix = (size_t)(end - start) + 2;
        } else if (!start || text.len < 2 || memcmp(start, "* ", 2) != 0) {
                return ekiden_hop_refuse(hop, "the message's text names nobody who said it");
        }
        new_->text.data = text.data + prefix;
        new_->text.len = text.len - prefix;
        new_->has_text = 1;
        return 0;
}

static int message_to_v2(const Chat__V1__Message *old, Chat__V2__Message *new_,
                         struct ekiden_hop *hop)
{
        new_->room = old->room;
        new_->has_sequence = old->has_sequence;
        new_->sequence = old->sequence;
        return split_text(old->text, new_, hop);
}
EKIDEN_TRANSFORMER(message_to_v2, Chat__V1__Message, Chat__V2__Message);

static const struct ekiden_transformer transformers[] = {
        {"members", "members", member_to_v2_transformer},
        {"messages", "messages", message_to_v2_transformer},
};

const struct ekiden_hop_table chat_v1_to_v2 = {
        .from = &chat_v1,
        .to = &chat_v2,
        .transformers = transformers,
        .transformer_count = sizeof(transformers) / sizeof(transformers[0]),
};
