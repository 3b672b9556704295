/* SPDX-License-Identifier: MIT */
/*
 * What the records of one snapshot are, in few bytes each, so that those of another one can be
 * found among them whatever their order: what identifies a record, what it holds, where it is.
 */
#pragma once

#include "records.h"

struct diff_entry {
        struct ek_digest identity; /* of the key, the object's type and identity, … */
        struct ek_digest content; /* descriptors as what they lead to */
        struct place place;
        const struct ek_snapshot_item *item;
        uint64_t number; /* among the records of the item, or its objects */
};

struct diff_index {
        struct diff_entry *entries;
        size_t count, capacity;
};

/* What to do with records that have neither key nor identity. */
enum diff_unnamed {
        DIFF_BY_CONTENT, /* the order does not matter, and how many are the same does */
        DIFF_BY_NUMBER, /* each is compared with the one at its place */
};

/**
 * Adds all records of an item to one index, and its objects to another.
 *
 * @param objects  NULL: objects are passed over
 */
int diff_index_add(struct diff_index *records, struct diff_index *objects, struct file *file,
                   const struct ek_snapshot_item *item, enum diff_unnamed unnamed,
                   struct ekiden_error *error);

/** Puts the entries in the order of what identifies them. */
void diff_index_sort(struct diff_index *index);

/** Leaves one of each that are the same: an object comes with every item that leads to it. */
void diff_index_unique(struct diff_index *sorted);

void diff_index_deinit(struct diff_index *index);
