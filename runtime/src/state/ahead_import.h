/* SPDX-License-Identifier: MIT */
/*
 * An item on its way in while the predecessor serves. Records are the program's as soon as they
 * come, and replace those of the same key; what the predecessor has no more is removed. If the
 * upgrade is called off the process ends, and all of it with it.
 */
#pragma once

#include "state/tagged.h"
#include "state/transfer.h"

struct ek_ahead_import;

/**
 * Why an item cannot be taken ahead, as the end of a sentence; NULL: it can, as each record stands
 * alone on its route, and keeps its key.
 *
 * @param source  the item, as the predecessor has it
 */
const char *ek_ahead_import_obstacle(const struct ek_tagged *tagged,
                                     const struct ekiden_item *source,
                                     const struct ek_route *route);

/**
 * Makes one.
 *
 * @param route    copied
 * @param objects  of this handover; borrowed
 * @return 0 or ENOMEM
 */
int ek_ahead_import_new(const struct ek_tagged *tagged, const struct ek_route *route,
                        struct ekiden_objects *objects, struct ek_ahead_import **ret_import);

/** Forgets it; the program keeps what it has. NULL is allowed. Returns NULL. */
struct ek_ahead_import *ek_ahead_import_free(struct ek_ahead_import *import);

/** The item's name in the predecessor. */
const char *ek_ahead_import_name(const struct ek_ahead_import *import);

/**
 * Takes a portion, whose ITEM has been received, up to its PASS or END.
 *
 * @param is_last  whether END is what ends it
 * @param ret_ns   spent on the import, without waits for the predecessor
 * @return 0, or an error with its sentence
 */
int ek_ahead_import_portion(struct ek_ahead_import *import, struct ek_link *link,
                            const struct ek_wait *wait, bool is_last, uint64_t *ret_ns,
                            struct ekiden_error *error);

/** Of the portion that was taken last; from 0. */
uint32_t ek_ahead_import_round(const struct ek_ahead_import *import);
