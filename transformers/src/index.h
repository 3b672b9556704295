/* SPDX-License-Identifier: MIT */
/*
 * Records of one item by their key, for transformers of another. An index holds copies: it lives
 * while the item that looks things up crosses, and all its memory goes at once.
 */
#pragma once

#include <stdbool.h>

#include <ekiden/hop.h>

#include "scratch.h"

struct ek_indexed {
        const ProtobufCMessage *record;
        size_t order; /* in which it came: the last one with a key is the one that is found */
};

struct ek_index {
        struct ek_index *next; /* of the same step */
        const struct ekiden_item *item; /* of the schema that the step comes from */
        const ProtobufCFieldDescriptor *key;
        struct ekiden_scratch scratch;
        struct ek_indexed *records;
        size_t count, capacity;
        bool is_sorted;
        uint8_t *packed; /* the record in hand */
        size_t packed_size;
};

/** Makes an empty index of a stream with a key, in place. */
void ek_index_init(struct ek_index *index, const struct ekiden_item *item);

/** Frees its records; it may be zeroed, too. */
void ek_index_deinit(struct ek_index *index);

/** Adds a copy of a record, without its descriptors: they are -1 there. 0 or ENOMEM. */
int ek_index_add(struct ek_index *index, const ProtobufCMessage *record);

/** The last record of the item with the key, or NULL. `indexes` is a list, or NULL. */
const ProtobufCMessage *ek_index_find(struct ek_index *indexes, const char *item, const void *key);
