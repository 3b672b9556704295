/* SPDX-License-Identifier: MIT */
/*
 * How this release tells of changes, for entries are sent ahead: see <ekiden/ahead.h>.
 */
#pragma once

#include "entry.h"
#include "kv_v3.native.h"

/** The entry was inserted or changed, or will be removed.
 *
 * @param may_be_large  it is large, or was: a value that has become large, or small, is told of in
 *                      both items. Else the fewer keys wait to be sent, the better
 */
static inline void entry_touch(const struct entry *entry, bool may_be_large)
{
        kv_v3_touch_entries(entry->key, entry->key_size);
        if (may_be_large)
                kv_v3_touch_large(entry->key, entry->key_size);
}
