/* SPDX-License-Identifier: MIT */
/* What the files of sending ahead have in common, on the predecessor's side. */
#pragma once

#include "handover/ahead.h"
#include "wire/clock.h"

#define EK_AHEAD_IMPORT_MAX_NS (UINT64_C(3600000) * EK_NS_PER_MS)

/** Whether the successor has what it asked for; what it says next comes when it has answered that.
    (ahead_asked.c) */
bool ek_ahead_is_settled(const struct ek_ahead *ahead);

/** Keys that have changed and were not sent, of all items. */
uint64_t ek_ahead_rest_of(const struct ek_ahead *ahead);

/** The portion of the first item from `first` on that has changed begins, if there is one. 0 or an
    error. */
int ek_ahead_begin_portion(struct ek_ahead *ahead, size_t first, struct ekiden_error *error);

/** Takes more of the time, where keys that have changed fill their memory: the pass, or the round,
    does not keep up with them. (ahead.c) */
void ek_ahead_keep_up(struct ek_ahead *ahead);

/** All that was sent has been imported: 1, pause; 0: another round has begun; or an error. */
int ek_ahead_decide(struct ek_ahead *ahead, struct ekiden_error *error);

/** For the report: why an item crosses in the pause, as the end of a sentence. */
void ek_ahead_note_declined(struct ek_ahead *ahead, const char *item, const char *reason);

/** For the report: the last portion of an item was sent. */
void ek_ahead_note_sent(struct ek_ahead *ahead, const struct ek_ahead_export *item);

/** Tells those who listen how far it has come. */
void ek_ahead_tell(const struct ek_predecessor *p);
