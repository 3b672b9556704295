/* SPDX-License-Identifier: MIT */
/*
 * The records of an item of a snapshot, and the objects behind them, one after the other. Only one
 * is in memory at a time, and none is believed.
 */
#pragma once

#include <stdbool.h>

#include "file.h"
#include "scratch.h"

#define RECORD_MEMORY_MAX ((size_t)1 << 30) /* bytes that one record may take when unpacked */

/* Where a record is, to be read again. */
struct place {
        uint64_t group; /* offset in the file: of its frame, or of the descriptors' before it */
        uint32_t position; /* of the record in the frame's payload, its tag and length included */
};

struct record {
        const struct ekiden_item *item; /* whose type it is; of an object, that of its type */
        bool is_object;
        uint64_t number; /* among the records of the item, or its objects, from 0 */
        uint64_t tag; /* of an object, in its frame */
        ProtobufCMessage
                *message; /* a descriptor in it is its place in `descriptors`, from 1, or -1 */
        const char *const *descriptors; /* what each is, in words */
        size_t descriptor_count;
        const uint8_t *packed; /* as it is in the file */
        size_t packed_size;
        struct place place;
};

struct records {
        struct file *file;
        const struct ek_snapshot_item *index;
        struct ekiden_item item; /* of the schema */
        struct ekiden_error *error;

        struct ek_frame frame; /* BATCH or OBJECTS; kind 0: none is in hand */
        size_t at; /* in its payload */
        uint64_t group;

        char **described; /* descriptors that came with the frame */
        bool *named; /* whether a record has named each */
        size_t described_count, described_capacity;

        struct ekiden_scratch scratch; /* of the record in hand */
        ProtobufCAllocator allocator;
        size_t used_bytes;
        const char **own; /* the descriptors of the record in hand */
        size_t own_count;

        uint64_t record_count, object_count;
        struct ek_digest digest;
};

/** Begins with an item's first record. records_end() in any case. Must not be moved. */
int records_begin(struct records *records, struct file *file, const struct ek_snapshot_item *item,
                  struct ekiden_error *error);

/**
 * Reads the next record or object. What the one before held is gone.
 *
 * @return 1: there is one. 0: there are no more, and the item's digest was theirs. Or an error
 */
int records_next(struct records *records, struct record *ret_record);

/** Reads a record again, whose place is known, of the same item. As records_next(), never 0. */
int records_read(struct records *records, const struct place *place, struct record *ret_record);

void records_end(struct records *records);

/** The identity of a record, if its type has one and it is set. */
bool record_identity(const struct record *record, uint64_t *ret_identity);
