/* SPDX-License-Identifier: MIT */
/*
 * Replies, as RESP2 has them. They are queued, and go out when all requests that have come were
 * attended to.
 */
#pragma once

#include "connection.h"

/** "+OK", or another word without line breaks. */
void reply_simple(struct connection *connection, const char *word);

/** "-ERR …": bytes that would end the line become blanks. */
void reply_error(struct connection *connection, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

void reply_integer(struct connection *connection, int64_t number);

void reply_bulk(struct connection *connection, struct text text);

/** A bulk string of nothing, not an empty one. */
void reply_null(struct connection *connection);

/** So many replies follow that belong together. */
void reply_array(struct connection *connection, size_t count);
