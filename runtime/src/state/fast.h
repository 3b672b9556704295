/* SPDX-License-Identifier: MIT */
/*
 * Entries of containers by their generated codecs (struct ekiden_native_codec). What a codec
 * leaves goes the way of all others, over tables and protobuf-c, which alone says what is wrong.
 */
#pragma once

#include "codec.h"
#include "state/batch.h"
#include "state/import_private.h"

/* Whether codecs are used, where they are at all (EK_FAST, codec.h). Tests turn them off, to
   compare with what the tables say. */
extern bool ek_fast_is_on;

/** Whether an item's entries are exported so, some of them at least. */
bool ek_fast_exports(const struct ek_batch *batch);

enum {
        EK_FAST_END = 0, /* no more entries can be had: why, ek_walk_next() says */
        EK_FAST_LEFT, /* an entry is left: objects->entry */
        EK_FAST_SENT, /* a batch was full, and is sent */
};

/** Adds the next entries to a batch, until one of these. `cursor` is of the next record. Or an
    error, of the one in hand. */
int ek_fast_export(struct ek_batch *batch, struct ekiden_cursor *cursor);

/** Finds out whether an item's records are imported so: import->is_fast. */
void ek_fast_import_begin(struct ek_import *import);

/** As ek_ready_new(), of an entry that the record fits into. NULL: *ret_result is EKIDEN_ENOMEM,
   or 0 where it is to be left. */
void *ek_fast_new_entry(struct ek_ready *ready, const struct ekiden_native *native,
                        const uint8_t *data, size_t size_bytes, int *ret_result);

/** A record into an entry, that the program is given a little later: 1; 0: it is left, and all
    before it are the program's; or an error, which is not the record's own. */
int ek_fast_import(struct ek_import *import, const uint8_t *data, size_t size_bytes);

/** Gives the program all entries that have waited: 0 or an error. */
int ek_fast_import_flush(struct ek_import *import);

/** Frees those that the program was not given. */
void ek_fast_import_drop(struct ek_import *import);
