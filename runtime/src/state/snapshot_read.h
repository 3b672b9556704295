/* SPDX-License-Identifier: MIT */
/*
 * A snapshot that is read. It is gone through once when it is opened, from the first byte to the
 * last: what is kept of it is an index of its items, with their figures. Whoever wrote the file may
 * have lied in every byte, so nothing is in the index that was not compared, and no file takes more
 * memory than the index and one frame.
 *
 * Records are not unpacked here: who does (import, or a tool with the snapshot's own schemas)
 * checks each. The file may be changed by its owner meanwhile, and is not believed a second time
 * either.
 */
#pragma once

#include "ekiden/handover.pb-c.h"
#include "state/snapshot_write.h"
#include "wire/link.h"

#define EK_SNAPSHOT_HEADER_MAX (UINT32_C(4) << 20) /* bytes of the SNAPSHOT frame */

struct ek_snapshot_item {
        char name[EKIDEN_NAME_MAX + 1];
        char *message; /* full name of its records' type */
        bool is_stream;
        uint64_t offset; /* of its ITEM frame in the file, bytes */
        uint64_t first_descriptor; /* its first one's number in the file, from 0 */
        struct ek_count count; /* as END says, and as was counted */
        bool has_digest;
        struct ek_digest digest; /* END's, of EK_DIGEST_SNAPSHOT; compared by who unpacks */
};

struct ek_snapshot {
        struct ek_link *link; /* over the file */
        Ekiden__Snapshot *header; /* its fingerprint is 32 bytes long, its names are no longer than
                                     EKIDEN_NAME_MAX */
        struct ek_snapshot_item *items; /* in the file's order */
        size_t item_count, item_capacity;
        size_t *by_name; /* indices of the items, sorted by their names */
        struct ek_count total;
        uint64_t size_bytes; /* of the file */
        uint64_t frame_offset; /* in it, of the frame that was read last */
};

/**
 * Reads a snapshot through.
 *
 * @param file          open for reading; consumed, on failure too
 * @param ret_snapshot  ek_snapshot_close(); zeroed on failure
 * @return 0; EPROTOCOL (not a snapshot, damaged, or of a newer format), ELIMIT, EINVAL (no regular
 *         file), ENOMEM, ESYSTEM, with a sentence that says where
 */
int ek_snapshot_open(int file, struct ek_snapshot *ret_snapshot, struct ekiden_error *error);

/** The item of this name, or NULL. */
const struct ek_snapshot_item *ek_snapshot_find(const struct ek_snapshot *snapshot,
                                                const char *name);

/** What the link receives next is the item's ITEM frame. 0 or ESYSTEM. */
int ek_snapshot_seek(struct ek_snapshot *snapshot, const struct ek_snapshot_item *item);

/** Closes the file and frees the index; one that is zeroed may be closed. */
void ek_snapshot_close(struct ek_snapshot *snapshot);
