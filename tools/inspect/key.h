/* SPDX-License-Identifier: MIT */
/* What identifies a record, as text. */
#pragma once

#include "records.h"

/**
 * The key of a record as text from malloc(): a string as it is, anything else as text format has
 * it, bytes without their quotes. NULL: its item has no key, or the record none.
 */
char *key_text(const struct record *record);

/** Whether the item's key is a secret. */
bool key_is_secret(const struct ekiden_item *item);

/** The name of the item's key field, or NULL: it has none. */
const char *key_name(const struct ekiden_item *item);
