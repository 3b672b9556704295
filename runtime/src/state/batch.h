/* SPDX-License-Identifier: MIT */
/* A run of records that becomes one frame: BATCH, or OBJECTS. */
#pragma once

#include "state/arena_fields.h"
#include "state/transfer.h"

/* A descriptor field that holds its number while the record is packed, and what it held before. */
struct ek_patch {
        int32_t *place;
        int32_t value;
};

struct ek_batch {
        struct ek_export *export_;
        const struct ek_tagged *tagged;
        struct ekiden_error *error;
        bool is_secret; /* what was packed is wiped */
        uint16_t kind; /* of the frame; whoever changes it flushes first */
        uint8_t *bytes;
        size_t size, capacity;
        size_t target; /* of `size`, at which it is full */
        size_t room; /* that no record may exceed */
        int *descriptors;
        size_t descriptor_count, descriptor_capacity;
        struct ek_patch *patches; /* of the record in hand; as large as `descriptors` */
        size_t patch_count, patch_capacity;
        const struct ekiden_message *arena_type; /* the last that was asked about … */
        bool has_arenas; /* … and whether it may have bytes in an arena */
        struct ek_arena_patches arena_patches;
        struct ek_count item; /* bytes and descriptors are those of objects, too */
        struct ek_digest digest; /* if the export makes one */
};

/**
 * Adds a record after checking it; a batch that is full is sent.
 *
 * @param tag     of an object, ahead of its length; 0: of a record of the item, which has none
 * @param record  unchanged afterwards
 */
int ek_batch_add(struct ek_batch *batch, const struct ekiden_message *type, uint64_t tag,
                 ProtobufCMessage *record);

/**
 * Adds an entry as its codec packs it; a batch that is full is sent.
 *
 * @return 1; 0: it is left, and nothing was done; or an error
 */
int ek_batch_add_entry(struct ek_batch *batch, const struct ekiden_native_codec *codec,
                       const void *entry);

/** Sends what is in it. */
int ek_batch_flush(struct ek_batch *batch);

void ek_batch_deinit(struct ek_batch *batch);
