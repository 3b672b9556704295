/* SPDX-License-Identifier: MIT */
/* Snapshots of a bureau, for the tests to look into. */
#pragma once

#include "bureau_v1.ekiden.h"
#include "bureau_v2.ekiden.h"
#include "scribe.h"

/** An office in which every field is set, packed; returns its size. */
size_t bureau_pack_office(uint8_t packed[4096]);

/** Fills a clerk; texts are borrowed. */
void bureau_clerk(Bureau__V1__Clerk *clerk, const char *name, uint32_t age, const char *password);

/** The table of an item's records, in version 1. */
const struct ekiden_message *bureau_table(const char *item);

/** What a test changes before the file is written; NULL: nothing. */
struct bureau_change {
        void (*clerks)(struct scribe *scribe); /* in place of the two clerks and their folders */
        void (*notes)(struct scribe *scribe); /* in place of the three notes */
        void (*cards)(struct scribe *scribe);
        bool without_notes;
};

/**
 * Writes a snapshot of version 1: the office, the built-in item "count", clerks ann (27, with a
 * telephone) and bob (with two lines), both with the folder "plans" in the folder "all"; notes "b",
 * "a", "b"; one card.
 */
void bureau_write(const char *path, const struct bureau_change *change);

/** The path of a file in this test's own folder, which is removed with it; static. */
const char *bureau_path(const char *name);

/** For TestSuite(.init, .fini): makes and removes the folder. */
void bureau_make_folder(void);
void bureau_remove_folder(void);
