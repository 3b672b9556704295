/* SPDX-License-Identifier: MIT */
/*
 * OBJECT, which tells what the third release knows of an entry beside its value.
 */
#include "command.h"
#include "entry.h"
#include "reply.h"

static void run_object(const struct call *call)
{
        bool encoding = text_is(call->arguments[1], "encoding");
        const struct entry *entry;

        if (!encoding && !text_is(call->arguments[1], "idletime")) {
                reply_unknown_subcommand(call);
                return;
        }
        if (call->count != 3) {
                reply_wrong_arity(call, encoding ? "object|encoding" : "object|idletime");
                return;
        }
        entry = store_find(call->store, call->arguments[2]);
        if (!entry)
                reply_null(call->connection);
        else if (encoding)
                reply_bulk(call->connection, text_of(entry_encoding(entry)));
        else if (entry->used_at == 0)
                reply_null(call->connection);
        else
                reply_integer(call->connection,
                              call->store->now_ms / 1000 - (int64_t)entry->used_at);
}

const struct command object_commands[] = {
        {"object", -2, run_object},
        {0},
};
