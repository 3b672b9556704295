/* SPDX-License-Identifier: MIT */
/* A snapshot with the schema that it brings along: which type each item's records have. */
#pragma once

#include "file_schema.h"
#include "state/snapshot_read.h"

struct file {
        const char *path; /* as it was given, borrowed */
        struct ek_snapshot snapshot;
        struct file_schema *owned;
        const struct ekiden_schema *schema;
};

/** Opens a snapshot and goes through all of it. Zeroed on failure; file_close() in any case. */
int file_open(const char *path, struct file *ret_file, struct ekiden_error *error);

void file_close(struct file *file);

/** The item of this name; EKIDEN_EINVAL with a sentence that names those that there are. */
int file_find(const struct file *file, const char *name, const struct ek_snapshot_item **ret_item,
              struct ekiden_error *error);

/**
 * What the schema says of an item: its records' type, and their key.
 *
 * @param ret_item  of a built-in item, its type is ek_value_message; the name is not set
 * @return 0, or EKIDEN_EPROTOCOL: the schema has no such item, or another kind of it
 */
int file_item(const struct file *file, const struct ek_snapshot_item *item,
              struct ekiden_item *ret_item, struct ekiden_error *error);

/** The type of an object by its tag in an OBJECTS frame, or NULL: there is none. */
const struct ekiden_item *file_object_item(const struct file *file, uint64_t tag);
