/* SPDX-License-Identifier: MIT */
/*
 * The keys of an item that changed since they were sent. While some of them are being sent, others
 * are noted apart: so each is sent as it is after its last change.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ekiden/ahead.h>

#define EK_CHANGES_MAX_DEFAULT ((size_t)128 << 20) /* bytes */
#define EK_CHANGES_MAX_LEAST ((size_t)64 << 10)

struct ek_changes;

/**
 * Begins to note the changes of an item: ekiden_touch_…() finds it by that.
 *
 * @param item       borrowed
 * @param max_bytes  of memory; what is beyond makes it fail
 * @param is_secret  keys are wiped after use
 * @return 0, ENOMEM, ESYSTEM (no random numbers), EEXISTS (there is one), ELIMIT (too many items)
 */
int ek_changes_begin(const struct ekiden_item *item, size_t max_bytes, bool is_secret,
                     struct ek_changes **ret_changes);

/** Notes no more, and forgets all. NULL is allowed. Returns NULL. */
struct ek_changes *ek_changes_end(struct ek_changes *changes);

/** Those of the item, or NULL: its changes are not noted. */
struct ek_changes *ek_changes_of(const struct ekiden_item *item);

/** Notes a key of the item, once, if its changes are noted; it is copied. Any thread; all else is
    the main thread's. */
void ek_changes_note_of(const struct ekiden_item *item, const struct ekiden_key *key);

/** Why a key could not be noted: 0 (none was lost), ENOMEM, ELIMIT. */
int ek_changes_failure(const struct ek_changes *changes);

/** How many keys are noted, and not yet turned to. */
uint64_t ek_changes_noted(const struct ek_changes *changes);

/** Bytes of memory that keys take. */
size_t ek_changes_size(const struct ek_changes *changes);

/** What was noted is to be sent; where something is left of what was before, that is first. */
void ek_changes_turn(struct ek_changes *changes);

/** Keeps a key that is to be sent soon, once for each call; it is copied, and not among those that
    the memory for keys is for. 0, ENOMEM, ELIMIT. */
int ek_changes_put_off(struct ek_changes *changes, const struct ekiden_key *key);

/** Takes a key that was put off, as ek_changes_next(). */
bool ek_changes_next_put_off(struct ek_changes *changes, struct ekiden_key *ret_key);

/** Takes a key that is to be sent, valid until the next call. false: none is left. */
bool ek_changes_next(struct ek_changes *changes, struct ekiden_key *ret_key);

/** Around a fork, in the parent and in the child: so that no key is noted meanwhile. Nobody sends
    what a child would note, so it notes nothing any more. */
void ek_changes_before_fork(void);
void ek_changes_after_fork(bool is_child);
