/* SPDX-License-Identifier: MIT */
/* Operations as RESP2 has them, and what their answers mean for the ledger. */
#pragma once

#include <stdbool.h>

#include "buffer.h"
#include "load.h"
#include "operations.h"
#include "reply.h"

/** Adds the request for an operation. */
void request_write(const struct ledger *ledger, const struct operation *operation,
                   struct buffer *out);

/** Adds the request for a key's value. */
void request_write_read(uint32_t key, struct buffer *out);

/** Whether a value, or its absence, is one that the ledger allows for the key. */
bool request_allows(const struct ledger *ledger, uint32_t key, const struct reply *reply);

/**
 * Takes the answer to an operation. Returns false if it was an error, as a server gives one that is
 * loading or has become a replica.
 */
bool request_take_reply(struct load *load, const struct operation *operation,
                        const struct reply *reply);
