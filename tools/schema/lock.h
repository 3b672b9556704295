/* SPDX-License-Identifier: MIT */
/*
 * The lock file: which released schemas are frozen, and by which fingerprints. It lies in the
 * user's repository, so it is text that diffs and merges well:
 *
 *     # Released schemas …
 *     chat 1 5e0c…(64 digits)
 *     chat 2 91aa…
 *
 * a line for each version, by program and version.
 */
#pragma once

#include "schema.h"

struct lock_line {
        const char *program;
        uint32_t version;
        uint8_t fingerprint[EK_FINGERPRINT_SIZE];
        int line; /* in the file, from 1 */
};

struct lock {
        struct ek_memory *arena;
        const char *path;
        struct lock_line *lines; /* by program, then version */
        size_t count, size;
        bool is_there;
};

/**
 * Reads a lock file; one that is not there has no lines. What is wrong with it goes to stderr.
 *
 * @return 0; STATUS_FAULT where it is no lock file; STATUS_SYSTEM where it cannot be read
 */
int lock_read(struct lock *lock, struct ek_memory *arena, const char *path);

/** The line of a version, or NULL. */
const struct lock_line *lock_find(const struct lock *lock, const char *program, uint32_t version);

/** Adds the line of a version that has none. `schema` must outlive the lock. */
void lock_add(struct lock *lock, const struct ek_schema *schema);

/** Writes it: all or nothing. Returns 0 or STATUS_SYSTEM, told on stderr. */
int lock_write(struct lock *lock);

/** Reads a schema version, 1, 2, 3 …, with nothing else before or behind it. */
bool lock_parse_version(const char *text, uint32_t *ret_version);
