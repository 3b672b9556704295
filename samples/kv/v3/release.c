/* SPDX-License-Identifier: MIT */
/*
 * The third release: integers are kept as such, and it is known when a key was used.
 */
#include "release.h"

#include "entry.h"
#include "hops.h"
#include "kv_v3.ekiden.h"
#include "kv_v3.native.h"
#include "state.h"

static const struct command *const commands[] = {
        string_commands, key_commands, server_commands, expiry_commands, object_commands, NULL,
};

const struct release release = {
        .version = 3,
        .has_expiry = true,
        .commands = commands,
};

static uint64_t scan_seed(uint64_t position, struct hash_seed **seeds, size_t room,
                          size_t *ret_count, void *server)
{
        (void)position;
        (void)room;
        seeds[0] = state_seed(server);
        *ret_count = 1;
        return 0;
}

static int insert_seed(struct hash_seed *seed, struct ekiden_cursor *cursor, void *server)
{
        return state_take_seed(server, seed, cursor);
}

static bool remove_seed(struct hash_seed *seed, void *server)
{
        (void)seed;
        (void)server;
        return false;
}

static struct hash_seed *find_seed(uint64_t first, void *server)
{
        struct hash_seed *seed = state_seed(server);

        return seed->first == first ? seed : NULL;
}

static const struct kv_v3_seed_functions seed_functions = {
        .insert = insert_seed,
        .remove = remove_seed,
        .scan = scan_seed,
        .find = find_seed,
};

static uint64_t count_entries(void *data)
{
        struct server *server = data;

        return store_count(&server->store) - server->store.large.count;
}

static int insert_entry(struct entry *entry, struct ekiden_cursor *cursor, void *server)
{
        return state_take_entry(server, entry, false, cursor);
}

static bool remove_entry(struct entry *entry, void *server)
{
        return state_remove_entry(server, entry);
}

static uint64_t scan_entries(uint64_t position, struct entry **entries, size_t room,
                             size_t *ret_count, void *server)
{
        return state_scan_entries(server, position, entries, room, ret_count);
}

static int reserve_entries(uint64_t count, void *data)
{
        struct server *server = data;

        table_reserve(&server->store.table, count);
        return 0;
}

static void prefetch_entry(const struct entry *entry, void *data)
{
        struct server *server = data;

        store_prefetch(&server->store, entry);
}

static struct entry *find_entry(const uint8_t *key, size_t key_size, void *server)
{
        return state_find_entry(server, (struct text){key, key_size});
}

static const struct kv_v3_entries_functions entry_functions = {
        .count = count_entries,
        .insert = insert_entry,
        .remove = remove_entry,
        .scan = scan_entries,
        .reserve = reserve_entries,
        .prefetch = prefetch_entry,
        .find = find_entry,
};

static uint64_t count_large(void *data)
{
        struct server *server = data;

        return server->store.large.count;
}

static int insert_large(struct entry *entry, struct ekiden_cursor *cursor, void *server)
{
        return state_take_entry(server, entry, true, cursor);
}

static uint64_t scan_large(uint64_t position, struct entry **entries, size_t room,
                           size_t *ret_count, void *data)
{
        struct server *server = data;

        return table_scan(&server->store.large, position, (void **)entries, room, ret_count);
}

static struct entry *find_large(const uint8_t *key, size_t key_size, void *server)
{
        return state_find_large(server, (struct text){key, key_size});
}

static const struct kv_v3_large_functions large_functions = {
        .count = count_large,
        .insert = insert_large,
        .remove = remove_entry,
        .scan = scan_large,
        .find = find_large,
};

static struct connection *next_connection(struct connection *previous, struct ekiden_cursor *cursor,
                                          void *server)
{
        (void)cursor;
        return state_next_connection(server, previous);
}

static int insert_connection(struct connection *connection, struct ekiden_cursor *cursor,
                             void *server)
{
        return state_take_connection(server, connection, cursor);
}

static const struct kv_v3_connections_functions connection_functions = {
        .next = next_connection,
        .insert = insert_connection,
};

static int export_piece(Kv__V3__Piece *record, struct ekiden_cursor *cursor, void *server)
{
        struct piece piece;

        if (!state_next_piece(server, cursor, &piece))
                return 0;
        record->has_connection = record->has_is_output = record->has_bytes = 1;
        record->connection = piece.connection;
        record->is_output = piece.is_output;
        record->bytes = piece.bytes;
        return 1;
}

static int import_piece(const Kv__V3__Piece *record, struct ekiden_cursor *cursor, void *server)
{
        const struct piece piece = {
                .connection = record->connection,
                .is_output = record->is_output,
                .bytes = record->bytes,
        };

        return state_take_piece(server, cursor, &piece);
}

static const struct kv_v3_pieces_functions piece_functions = {
        .export_record = export_piece,
        .import_record = import_piece,
};

int release_start(int argc, char **argv, struct ekiden_error *error)
{
        add_hops();
        return ekiden_start(argc, argv, &kv_v3, error);
}

/* What large values lie in, behind the entries: they come ahead of it. */
static int tag_values(void)
{
        int result = ekiden_tag_arena("values", &value_arena);

        return result == EKIDEN_FRESH && !value_arena_make() ? EKIDEN_ENOMEM : result;
}

int release_tag(struct server *server, bool in_pause)
{
        int result, began;

        if (in_pause && (result = kv_v3_tag_server(&server->state)) < 0)
                return result;
        if ((began = kv_v3_tag_seed(&seed_functions, server)) < 0)
                return began;
        if ((result = kv_v3_tag_entries(&entry_functions, server)) < 0 ||
            (result = kv_v3_tag_large(&large_functions, server)) < 0 ||
            (!in_pause && (result = kv_v3_tag_server(&server->state)) < 0) ||
            (result = tag_values()) < 0 ||
            (result = kv_v3_tag_connections(&connection_functions, server)) < 0 ||
            (result = kv_v3_tag_pieces(&piece_functions, server)) < 0)
                return result;
        return began;
}
