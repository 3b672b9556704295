/* SPDX-License-Identifier: MIT */
/*
 * Records come from a predecessor, so they should be right; they are checked as if they came from
 * anybody. A refusal costs nothing: the predecessor serves on, and the operator reads why.
 */
#include "state.h"

#include <stdlib.h>

#include "entry.h"

#define PIECE_SIZE (UINT64_C(1) << 20) /* bytes at most */

struct hash_seed *state_seed(struct server *server)
{
        return &server->store.seed;
}

/* It is the first item, as entries that came before would not be found again. */
int state_take_seed(struct server *server, struct hash_seed *seed, struct ekiden_cursor *cursor)
{
        if (store_count(&server->store) > 0)
                return ekiden_cursor_refuse(cursor, "the seed comes after entries");
        server->store.seed = *seed;
        free(seed);
        return 0;
}

uint64_t state_scan_entries(struct server *server, uint64_t position, struct entry **entries,
                            size_t room, size_t *ret_count)
{
        size_t count, kept = 0;

        position = table_scan(&server->store.table, position, (void **)entries, room, &count);
        if (server->store.large.count == 0)
                kept = count; /* without a look at them, which is for whoever has fetched them */
        for (size_t i = 0; i < count && server->store.large.count > 0; i++)
                if (!entry_is_large(entries[i]))
                        entries[kept++] = entries[i];
        *ret_count = kept;
        return position;
}

int state_take_entry(struct server *server, struct entry *entry, bool is_large,
                     struct ekiden_cursor *cursor)
{
        if (entry_is_large(entry) != is_large)
                return ekiden_cursor_refuse(cursor, is_large ? "a value is too short for an arena"
                                                             : "a value is too long to be no "
                                                               "large one");
        return store_take(&server->store, entry) ? 0 : EKIDEN_ENOMEM;
}

/* One that is not as large as it should be is of the other item. */
static struct entry *find(struct server *server, struct text key, bool is_large)
{
        struct entry *entry = store_look(&server->store, key);

        if (entry && entry_is_large(entry) != is_large)
                entry = NULL;
        return server->walk.found = entry;
}

struct entry *state_find_entry(struct server *server, struct text key)
{
        return find(server, key, false);
}

struct entry *state_find_large(struct server *server, struct text key)
{
        return find(server, key, true);
}

/* One that was found, and is gone in the predecessor, goes here as well. When an upgrade has
 * failed, this process ends, and what it took over stays. */
bool state_remove_entry(struct server *server, struct entry *entry)
{
        if (entry != server->walk.found)
                return false;
        server->walk.found = NULL;
        store_give_back(&server->store, entry);
        return true;
}

struct connection *state_next_connection(struct server *server, struct connection *previous)
{
        return previous ? TAILQ_NEXT(previous, in_server) : TAILQ_FIRST(&server->connections);
}

/* A snapshot has the connections' records, but not the connections. */
int state_take_connection(struct server *server, struct connection *connection,
                          struct ekiden_cursor *cursor)
{
        if (connection->descriptor >= 0) {
                connection_enter(connection, server);
                return 0;
        }
        if (!ekiden_is_restored())
                return ekiden_cursor_refuse(cursor, "connection %llu has no descriptor",
                                            (unsigned long long)connection->id);
        free(connection->name);
        free(connection);
        return 0;
}

static struct buffer *buffer_of(struct connection *connection, bool is_output)
{
        return is_output ? &connection->output : &connection->input;
}

/* Moves on to what was not told yet: false: that was all. */
static bool find_rest(struct server *server, struct walk *walk)
{
        while (walk->connection &&
               walk->offset == buffer_of(walk->connection, walk->is_output)->size) {
                if (walk->is_output)
                        walk->connection = state_next_connection(server, walk->connection);
                walk->is_output = !walk->is_output;
                walk->offset = 0;
        }
        return walk->connection != NULL;
}

bool state_next_piece(struct server *server, const struct ekiden_cursor *cursor,
                      struct piece *ret_piece)
{
        struct walk *walk = &server->walk;
        const struct buffer *buffer;
        size_t size;

        if (cursor->record == 0)
                *walk = (struct walk){.connection = state_next_connection(server, NULL)};
        if (!find_rest(server, walk))
                return false;
        buffer = buffer_of(walk->connection, walk->is_output);
        size = buffer->size - walk->offset;
        if (size > PIECE_SIZE)
                size = PIECE_SIZE;
        *ret_piece = (struct piece){
                .connection = walk->connection->id,
                .is_output = walk->is_output,
                .bytes = {.data = buffer_first(buffer) + walk->offset, .len = size},
        };
        walk->offset += size;
        return true;
}

/* Pieces come in the order of their connections, so one looks from the last one on. */
static struct connection *connection_with(struct server *server, uint64_t id)
{
        struct connection *first = server->walk.connection, *connection = first;

        if (!first)
                first = connection = state_next_connection(server, NULL);
        while (connection && connection->id != id) {
                connection = state_next_connection(server, connection);
                if (!connection)
                        connection = state_next_connection(server, NULL);
                if (connection == first)
                        return NULL;
        }
        server->walk.connection = connection;
        return connection;
}

int state_take_piece(struct server *server, struct ekiden_cursor *cursor, const struct piece *piece)
{
        struct connection *connection = connection_with(server, piece->connection);

        if (!connection && ekiden_is_restored())
                return 0;
        if (!connection)
                return ekiden_cursor_refuse(cursor, "bytes of connection %llu, which is not there",
                                            (unsigned long long)piece->connection);
        return buffer_append(buffer_of(connection, piece->is_output), piece->bytes.data,
                             piece->bytes.len)
                       ? 0
                       : EKIDEN_ENOMEM;
}
