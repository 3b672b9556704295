/* SPDX-License-Identifier: MIT */
/*
 * Commands: what a client can ask for, and who answers.
 */
#pragma once

#include "connection.h"
#include "store.h"

/** A request that is attended to. */
struct call {
        struct connection *connection;
        struct server *server;
        struct store *store;
        const struct text *arguments; /* the first is the command's name */
        size_t count;
};

struct command {
        const char *name; /* in small letters */
        int arity; /* arguments, with the name; -n: n or more */
        void (*run)(const struct call *call);
};

/** A table of commands; it ends with one without a name. */
extern const struct command string_commands[];
extern const struct command key_commands[];
extern const struct command server_commands[];
extern const struct command expiry_commands[]; /* from the second release on */
extern const struct command object_commands[]; /* from the third release on */

/** Answers a request of one argument or more. */
void command_run(struct connection *connection, const struct text *arguments, size_t count);

/** All commands, one after the other: the next one, the first after NULL. */
const struct command *command_next(const struct command *command);

/* What several commands say. */

void reply_ok(const struct call *call);
void reply_syntax_error(const struct call *call);
void reply_out_of_memory(const struct call *call);
void reply_wrong_arity(const struct call *call, const char *name);

/** An argument that must be an integer: if it is none, the client is told so. */
bool take_integer(const struct call *call, size_t argument, int64_t *ret_number);

/** Says that a subcommand is not known. */
void reply_unknown_subcommand(const struct call *call);
