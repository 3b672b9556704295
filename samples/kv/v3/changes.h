/* SPDX-License-Identifier: MIT */
/*
 * How this release tells of changes, for entries are sent ahead: see <ekiden/ahead.h>.
 */
#pragma once

#include "entry.h"
#include "kv_v3.native.h"

/** The entry was inserted or changed, or will be removed. It is told of in both items that it may
   be in: a value may have become large, or small. */
static inline void entry_touch(const struct entry *entry)
{
        kv_v3_touch_entries(entry->key, entry->key_size);
        kv_v3_touch_large(entry->key, entry->key_size);
}
