/* SPDX-License-Identifier: MIT */
/*
 * An entry of the first release: a key and a value. A key lies in one allocation with its entry.
 */
#pragma once

#include "entry_value.h"
#include "value_memory.h"

struct entry {
        uint8_t *value;
        uint32_t value_size; /* bytes */
        uint32_t key_size;
        uint8_t key[];
};

/** Whether its value lies in the arena. */
static inline bool entry_is_large(const struct entry *entry)
{
        return entry->value_size >= VALUE_LARGE;
}

/** When it expires: this release knows no expiry. */
static inline int64_t entry_expires_at(const struct entry *entry)
{
        (void)entry;
        return 0;
}

static inline void entry_set_expires_at(struct entry *entry, int64_t expires_at)
{
        (void)entry;
        (void)expires_at;
}

/** Notes that it is used; this release does not. */
static inline void entry_use(struct entry *entry, int64_t now_ms)
{
        (void)entry;
        (void)now_ms;
}
