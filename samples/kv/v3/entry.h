/* SPDX-License-Identifier: MIT */
/*
 * An entry of the third release: what is an integer is kept as one, and it is known when an entry
 * was used last.
 */
#pragma once

#include "entry_value.h"
#include "value_memory.h"

enum value_kind {
        VALUE_BYTES = 0,
        VALUE_INTEGER = 1,
};

struct entry {
        union {
                struct {
                        uint8_t *bytes;
                        uint32_t size;
                } text; /* VALUE_BYTES */
                int64_t integer; /* VALUE_INTEGER */
        } value;
        int64_t expires_at; /* milliseconds since 1970; 0: never */
        uint32_t used_at; /* seconds since 1970; 0: not known */
        uint32_t kind;
        uint32_t key_size;
        uint8_t key[];
};

/** Whether its value lies in the arena. */
static inline bool entry_is_large(const struct entry *entry)
{
        return entry->kind == VALUE_BYTES && entry->value.text.size >= VALUE_LARGE;
}

/** When it expires, in milliseconds since 1970; 0: never. */
static inline int64_t entry_expires_at(const struct entry *entry)
{
        return entry->expires_at;
}

static inline void entry_set_expires_at(struct entry *entry, int64_t expires_at)
{
        entry->expires_at = expires_at;
}

/** Notes that it is used. */
static inline void entry_use(struct entry *entry, int64_t now_ms)
{
        entry->used_at = (uint32_t)(now_ms / 1000);
}
