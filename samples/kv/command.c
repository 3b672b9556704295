/* SPDX-License-Identifier: MIT */
#include "command.h"

#include <stdio.h>
#include <string.h>

#include "release.h"
#include "reply.h"
#include "server.h"

#define QUOTED_MAX 128 /* bytes of a client's words in an error */

const struct command *command_next(const struct command *command)
{
        const struct command *const *table = release.commands;

        if (!command)
                return table[0];
        command++;
        if (command->name)
                return command;
        /* Its end leads to the table that it ends. */
        for (; *table; table++) {
                const struct command *end = *table;

                while (end->name)
                        end++;
                if (end == command)
                        return table[1];
        }
        return NULL;
}

static const struct command *find_command(struct text name)
{
        for (const struct command *const *table = release.commands; *table; table++)
                for (const struct command *command = *table; command->name; command++)
                        if (text_is(name, command->name))
                                return command;
        return NULL;
}

static void reply_unknown(const struct call *call)
{
        const struct text *name = &call->arguments[0];
        char arguments[QUOTED_MAX + 8] = "";
        size_t used = 0;

        for (size_t i = 1; i < call->count && used < QUOTED_MAX; i++) {
                const struct text *argument = &call->arguments[i];
                size_t size =
                        argument->size < QUOTED_MAX - used ? argument->size : QUOTED_MAX - used;

                used += (size_t)snprintf(arguments + used, sizeof(arguments) - used, "'%.*s' ",
                                         (int)size, (const char *)argument->bytes);
        }
        reply_error(call->connection, "ERR unknown command '%.*s', with args beginning with: %s",
                    (int)(name->size < QUOTED_MAX ? name->size : QUOTED_MAX),
                    (const char *)name->bytes, arguments);
}

static bool has_arity(const struct command *command, size_t count)
{
        if (command->arity >= 0)
                return count == (size_t)command->arity;
        return count >= (size_t)-command->arity;
}

void command_run(struct connection *connection, const struct text *arguments, size_t count)
{
        const struct command *command = find_command(arguments[0]);
        const struct call call = {
                .connection = connection,
                .server = connection->server,
                .store = &connection->server->store,
                .arguments = arguments,
                .count = count,
        };

        connection->server->state.commands++;
        if (!command)
                reply_unknown(&call);
        else if (!has_arity(command, count))
                reply_wrong_arity(&call, command->name);
        else
                command->run(&call);
}

void reply_ok(const struct call *call)
{
        reply_simple(call->connection, "OK");
}

void reply_syntax_error(const struct call *call)
{
        reply_error(call->connection, "ERR syntax error");
}

void reply_out_of_memory(const struct call *call)
{
        reply_error(call->connection, "OOM command not allowed when memory has run out.");
}

void reply_wrong_arity(const struct call *call, const char *name)
{
        reply_error(call->connection, "ERR wrong number of arguments for '%s' command", name);
}

bool take_integer(const struct call *call, size_t argument, int64_t *ret_number)
{
        if (text_to_integer(call->arguments[argument], ret_number))
                return true;
        reply_error(call->connection, "ERR value is not an integer or out of range");
        return false;
}

void reply_unknown_subcommand(const struct call *call)
{
        char name[32];
        size_t size = 0;

        for (const char *from = (const char *)call->arguments[0].bytes;
             size < call->arguments[0].size && size < sizeof(name) - 1; size++)
                name[size] = (char)(from[size] & ~0x20);
        name[size] = '\0';
        reply_error(
                call->connection, "ERR unknown subcommand '%.*s'. Try %s HELP.",
                (int)(call->arguments[1].size < QUOTED_MAX ? call->arguments[1].size : QUOTED_MAX),
                (const char *)call->arguments[1].bytes, name);
}
