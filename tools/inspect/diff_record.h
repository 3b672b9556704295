/* SPDX-License-Identifier: MIT */
/* One record that only one snapshot has, or both in two states; and how it is told. */
#pragma once

#include "diff_pairs.h"
#include "diff_secret.h"
#include "output.h"

struct diff {
        struct output *output;
        struct file older, newer;
        const char *path; /* of the file that a failure concerns, or NULL */
        bool same_schema;
        uint64_t added, removed, changed; /* records, objects, and items of which one has none */
        struct diff_secrets secrets; /* of these */
        struct records reading_older, reading_newer; /* of the item in hand, to read them again */
};

/** Begins with the records of an item, or with objects; either item may be NULL. */
int diff_records_begin(struct diff *diff, const struct ek_snapshot_item *older,
                       const struct ek_snapshot_item *newer);

/** Reads the records of a pair again, and tells of it. */
int diff_record(struct diff *diff, const struct diff_pair *pair);

void diff_records_end(struct diff *diff);

/** Tells of an item that only one has, or has as an item of this kind. */
int diff_lone_item(struct diff *diff, const struct ek_snapshot_item *item, bool is_newer);

/** Tells how many there were. */
int diff_sum(struct diff *diff);
