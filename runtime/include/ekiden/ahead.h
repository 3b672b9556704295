/* SPDX-License-Identifier: MIT */
/*
 * Sending ahead: while the program serves, the records of a keyed item cross in slices, each inside
 * an update point; those that change meanwhile cross again. The pause then sends only what changed
 * last, so it does not grow with the state. An item is sent ahead where its schema says so,
 * `(ekiden.item).ahead = true`, in both versions; docs/ahead.md tells the whole.
 *
 * Such a program tells of every change, by the function that is generated for the item:
 *
 *     entry->value = value;
 *     kv_v2_touch_keys(entry->key, entry->key_size);
 *
 * after an insertion or a change, before or after a removal, and for all that happens by itself,
 * such as expiry: what the key has when it is sent is what counts, and a key without a record is
 * removed over there as well. It costs a relaxed load and a predicted branch while nothing is under
 * way. A change that is not told of is lost in the next upgrade; a rehearsal that is verified
 * (ekiden-upgrade --rehearse --verify) finds it, and nothing else does.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ekiden/schema.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/** What identifies a record of an item with a key. */
struct ekiden_key {
        uint64_t number; /* of an integer, extended by its sign, or a bool; 0: of text and bytes */
        const uint8_t *data; /* of text, with a NUL behind it, and of bytes; NULL: of a number */
        size_t size; /* bytes, without that NUL */
};

/** Not 0: an item is being sent ahead. Read it through ekiden_is_tracking(). */
extern int ekiden_tracking;

/** Whether changes are to be told of. */
static inline bool ekiden_is_tracking(void)
{
        return __builtin_expect(__atomic_load_n(&ekiden_tracking, __ATOMIC_RELAXED) != 0, 0);
}

/**
 * Tells that the record with a key was, or will be, inserted, changed or removed before the next
 * update point is passed. Generated code calls them. Every registered thread may
 * (<ekiden/thread.h>), but for the main one under the lock that scan() and find() of the item take,
 * and without letting go of it between the call and the change. In a forked child they do nothing.
 *
 * The key is copied. Where memory runs out, or the keys take more than ekiden_set_ahead() allows,
 * the upgrade is called off at the next update point; the program never notices.
 *
 * @param item  of the schema given to ekiden_start(); others are ignored
 * @param key   a number that is signed is extended by its sign; NULL text is as ""
 */
void ekiden_touch_number(const struct ekiden_item *item, uint64_t key);
void ekiden_touch_text(const struct ekiden_item *item, const char *key);
void ekiden_touch_bytes(const struct ekiden_item *item, const void *key, size_t size_bytes);

/**
 * Sets what sending ahead may take; at any time, for the upgrades that begin from then on.
 *
 * @param slice_us           of time in one pass through an update point, 1 to 1,000,000; requests
 *                           that come meanwhile wait so long. Where passes are further apart than
 *                           ten times that, a tenth of what lies between them, up to ten slices.
 *                           0: 1,000
 * @param pause_us           that what is left may take in the pause, by estimation, 1 to
 *                           10,000,000. 0: 5,000. `ekiden-upgrade --max-pause` is the operator's
 *                           own word beside it
 * @param changes_max_bytes  of memory for keys that have changed and were not sent again, of each
 *                           item; 64 KiB at least. 0: 128 MiB
 * @return 0; EINVAL
 */
int ekiden_set_ahead(unsigned int slice_us, unsigned int pause_us, size_t changes_max_bytes);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
