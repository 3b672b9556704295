/* SPDX-License-Identifier: MIT */
/* Writes a snapshot frame by frame, as a test wants it: sound, or with a lie in it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include <ekiden/schema.h>

#include "state/digest.h"
#include "state/transfer.h"

struct scribe {
        int fd;
        const struct ekiden_schema *schema;
        struct ek_count item, total;
        struct ek_digest digest;
        uint64_t items;
        bool without_digest; /* END does not have one */
        uint8_t batch[1 << 16];
        size_t batch_size;
        uint16_t batch_kind;
};

/** Begins a file, which must not be there. `set` NULL: the schema's own, with the standard ones. */
void scribe_begin(struct scribe *scribe, const char *path, const struct ekiden_schema *schema,
                  const uint8_t *set, size_t set_size_bytes);

/** Begins an item; `message` is the full name of its type, NULL: as the schema has it. */
void scribe_item(struct scribe *scribe, const char *name, bool is_stream, const char *message);

/** Descriptors of the next records, from number 1 in their batch; the last one is NULL. */
void scribe_descriptors(struct scribe *scribe, const char *const *described);

/** Adds a record to the batch; its descriptors are numbers in it, 0 for none. `table` is its
 * type's. */
void scribe_record(struct scribe *scribe, const struct ekiden_message *table,
                   ProtobufCMessage *record);

/** Adds an object of the schema's item of this name. */
void scribe_object(struct scribe *scribe, const char *type, ProtobufCMessage *object);

/** Adds bytes as a record, or as an object where the tag is not 0, whatever they are. */
void scribe_raw(struct scribe *scribe, uint64_t tag, const void *bytes, size_t size_bytes);

/** Ends the batch in hand: the next record is in another one. */
void scribe_flush(struct scribe *scribe);

void scribe_end_item(struct scribe *scribe);

/** Ends the file. */
void scribe_end(struct scribe *scribe);
