/* SPDX-License-Identifier: MIT */
/*
 * An item on its way out while the program serves: all its records once, in the order of the
 * container's scan(), and from then on what has changed. What crosses at a time is a portion: ITEM,
 * runs of records (BATCH) and of keys that have none (GONE), and PASS; the last one ends with END.
 */
#pragma once

#include "state/tagged.h"
#include "state/transfer.h"
#include "wire/outbox.h"

/* A frame of records is closed when it has this size: small enough for a time slice. */
#define EK_AHEAD_BATCH ((size_t)64 << 10)

struct ek_ahead_export;

/* What has crossed of an item. */
struct ek_ahead_count {
        uint64_t records, gone, bytes;
};

/** Why an item cannot be sent ahead, as the end of a sentence; NULL: it can. Static. */
const char *ek_ahead_obstacle(const struct ek_tagged *tagged);

/**
 * Begins: from now on changes are noted.
 *
 * @param changes_max_bytes  of memory for keys
 * @return 0, or an error with its sentence
 */
int ek_ahead_export_new(const struct ek_tagged *tagged, size_t changes_max_bytes,
                        struct ek_ahead_export **ret_export, struct ekiden_error *error);

/** Forgets it. NULL is allowed. Returns NULL. */
struct ek_ahead_export *ek_ahead_export_free(struct ek_ahead_export *export_);

/** The item's name. */
const char *ek_ahead_export_name(const struct ek_ahead_export *export_);

/** Begins a portion, of what has changed since the last one, or of all records: 0 or an error. */
int ek_ahead_export_begin(struct ek_ahead_export *export_, struct ek_outbox *box,
                          struct ekiden_error *error);

/**
 * Adds some records, or keys, to the portion.
 *
 * @return 1: there are more; 0: all are there, and it is to be ended; or an error with its sentence
 */
int ek_ahead_export_step(struct ek_ahead_export *export_, struct ek_outbox *box,
                         struct ekiden_error *error);

/** Closes the frame that records are being written to, if one is, so that it can be sent. */
void ek_ahead_export_close(struct ek_ahead_export *export_, struct ek_outbox *box);

/** Ends the portion with PASS, or the item with END where it is the last: 0 or an error. */
int ek_ahead_export_finish(struct ek_ahead_export *export_, bool is_last, struct ek_outbox *box,
                           struct ekiden_error *error);

/** The portion goes on with what has changed since it began. */
void ek_ahead_export_again(struct ek_ahead_export *export_);

/** Behind the last portion: whether all changes were sent. 0, or an error with its sentence. */
int ek_ahead_export_check(struct ek_ahead_export *export_, struct ekiden_error *error);

/** How many keys have changed and are in no portion. */
uint64_t ek_ahead_export_rest(const struct ek_ahead_export *export_);

/** What part of the memory that keys may take is taken: from 0 to 1, or a little more. */
double ek_ahead_export_fill(const struct ek_ahead_export *export_);

/** Of the portion in hand, or the last one; from 0. */
uint32_t ek_ahead_export_round(const struct ek_ahead_export *export_);

/** What has crossed, over all portions; and of this portion alone. */
struct ek_ahead_count ek_ahead_export_total(const struct ek_ahead_export *export_);
struct ek_ahead_count ek_ahead_export_portion(const struct ek_ahead_export *export_);

/** How many records the program said there are; 0: it did not. */
uint64_t ek_ahead_export_announced(const struct ek_ahead_export *export_);

/** Says that memory ran out: EKIDEN_ENOMEM. */
int ek_ahead_export_no_memory(struct ekiden_error *error);
