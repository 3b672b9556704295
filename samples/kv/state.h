/* SPDX-License-Identifier: MIT */
/*
 * How the state leaves and comes in, as far as all releases have it in common.
 */
#pragma once

#include <ekiden/ekiden.h>

#include "server.h"

/** As table_scan(), without those whose value lies in the arena: they are an item of their own. */
uint64_t state_scan_entries(struct server *server, uint64_t position, struct entry **entries,
                            size_t room, size_t *ret_count);

int state_take_entry(struct server *server, struct entry *entry, bool is_large,
                     struct ekiden_cursor *cursor);

/** The entry with this key that is not large, whether it has expired or not, or NULL. */
struct entry *state_find_entry(struct server *server, struct text key);

/** The same for one that is large. */
struct entry *state_find_large(struct server *server, struct text key);

/** Takes the one out that was just found: false if it is another. */
bool state_remove_entry(struct server *server, struct entry *entry);

/** The connection after `previous`, or the first where that is NULL; NULL: no more. */
struct connection *state_next_connection(struct server *server, struct connection *previous);

int state_take_connection(struct server *server, struct connection *connection,
                          struct ekiden_cursor *cursor);

/** The seed, which goes as a stream of one record. */
struct hash_seed *state_seed(struct server *server);

int state_take_seed(struct server *server, struct hash_seed *seed, struct ekiden_cursor *cursor);

/** Some of a connection's bytes. */
struct piece {
        uint64_t connection;
        bool is_output;
        ProtobufCBinaryData bytes; /* somebody else's */
};

/** The next piece, the first where the cursor begins: false: no more. */
bool state_next_piece(struct server *server, const struct ekiden_cursor *cursor,
                      struct piece *ret_piece);

int state_take_piece(struct server *server, struct ekiden_cursor *cursor,
                     const struct piece *piece);
